/** Line icons on a 20 px grid; always decoration, the button beside has the name. */

const PATHS = {
  dice: "M4.5 3h11A1.5 1.5 0 0 1 17 4.5v11a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 15.500v-11A1.5 1.5 0 0 1 4.5 3zM7 7h.01M13 7h.01M10 10h.01M7 13h.01M13 13h.01",
  download: "M10 3v9.500M6 9l4 4 4-4M4 16.500h12",
  lock: "M5.5 9h9A1.5 1.5 0 0 1 16 10.500v5a1.5 1.5 0 0 1-1.5 1.500h-9A1.5 1.5 0 0 1 4 15.500v-5A1.5 1.5 0 0 1 5.5 9zM7 9V6a3 3 0 0 1 6 0v3",
  lockOpen:
    "M5.5 9h9A1.5 1.5 0 0 1 16 10.500v5a1.5 1.5 0 0 1-1.5 1.500h-9A1.5 1.5 0 0 1 4 15.500v-5A1.5 1.5 0 0 1 5.5 9zM7 9V5.500a3 3 0 0 1 5.8-1",
  monitor:
    "M4 4h12a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM7.5 17h5M10 14v3",
  moon: "M16.5 11.800A7 7 0 0 1 8.2 3.500a7 7 0 1 0 8.3 8.300z",
  sliders: "M3 6h7M15 6h2M3 14h2M10 14h7M12.5 3.500v5M7.5 11.500v5",
  sun: "M10 6.500a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM10 1.800v1.700M10 16.500v1.700M1.8 10h1.700M16.5 10h1.700M4.2 4.200l1.2 1.200M14.6 14.600l1.2 1.200M15.8 4.200l-1.2 1.200M5.4 14.600l-1.2 1.2",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      width="20"
      height="20"
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
