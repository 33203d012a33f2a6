export const theme = {
  toggle: "Theme: {current}. Change to {next}.",
  names: { system: "system", light: "light", dark: "dark" },
} as const;
