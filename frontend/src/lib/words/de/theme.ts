export const theme = {
  toggle: "Farben: {current}. Wechseln zu: {next}.",
  names: { system: "wie das System", light: "hell", dark: "dunkel" },
} as const;
