/** Line icons on a 20 px grid; always decoration, the button beside has the name. */

const PATHS = {
  arrowDown: "M4.5 8 10 13.5 15.5 8",
  arrowLeft: "M12 4.5 6.5 10l5.5 5.5",
  arrowRight: "M8 4.5 13.5 10 8 15.5",
  arrowUp: "M4.5 12 10 6.5l5.5 5.5",
  brush:
    "M16.5 3.5 9 11M7.5 10.5a3 3 0 0 1 2.2 3.8c-.6 1.9-3 2.6-6.7 2.2 1.2-1 1-2.3 1.5-3.8a3 3 0 0 1 3-2.2z",
  check: "M4 10.5 8 14.5 16 6",
  chevronDown: "M5 7.5 10 12.5 15 7.5",
  close: "M5 5l10 10M15 5 5 15",
  compare:
    "M10 2.5v15M7.5 4.5H4A1 1 0 0 0 3 5.5v9a1 1 0 0 0 1 1h3.5M12.5 4.5H16a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-3.5",
  copy: "M8 7h7.5A1 1 0 0 1 16.5 8v7.5a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1zM4.5 13h-.5a1 1 0 0 1-1-1V4.5a1 1 0 0 1 1-1h7.5a1 1 0 0 1 1 1V5",
  dice: "M4.5 3h11A1.5 1.5 0 0 1 17 4.5v11a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 15.5v-11A1.5 1.5 0 0 1 4.5 3zM7 7h.01M13 7h.01M10 10h.01M7 13h.01M13 13h.01",
  download: "M10 3v9.5M6 9l4 4 4-4M4 16.5h12",
  eraser: "M8 16.5h8.5M11.5 4 16 8.5 9.5 15H7l-3-3a1 1 0 0 1 0-1.4zM7.5 8l4.5 4.5",
  fit: "M3.5 7.5v-4h4M12.5 3.5h4v4M16.5 12.5v4h-4M7.5 16.5h-4v-4",
  gear: "M10 7.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM10 2.5v2M10 15.5v2M2.5 10h2M15.5 10h2M4.7 4.7l1.4 1.4M13.9 13.9l1.4 1.4M15.3 4.7l-1.4 1.4M6.1 13.9l-1.4 1.4",
  image:
    "M4 4h12a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM3.5 14.5 8 10l3 3 2-2 3.5 3.5M12.5 7.5h.01",
  info: "M10 2.8a7.2 7.2 0 1 0 0 14.4 7.2 7.2 0 0 0 0-14.4zM10 9v4.5M10 6.5h.01",
  keyboard:
    "M3.5 5.5h13A1 1 0 0 1 17.5 6.5v7a1 1 0 0 1-1 1h-13a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1zM5.5 8.5h.01M8.5 8.5h.01M11.5 8.5h.01M14.5 8.5h.01M7 11.5h6",
  link: "M8.5 11.5a3 3 0 0 0 4.2 0l3-3a3 3 0 0 0-4.2-4.2l-1 1M11.5 8.5a3 3 0 0 0-4.2 0l-3 3a3 3 0 0 0 4.2 4.2l1-1",
  lock: "M5.5 9h9A1.5 1.5 0 0 1 16 10.5v5a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 4 15.5v-5A1.5 1.5 0 0 1 5.5 9zM7 9V6a3 3 0 0 1 6 0v3",
  lockOpen:
    "M5.5 9h9A1.5 1.5 0 0 1 16 10.5v5a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 4 15.5v-5A1.5 1.5 0 0 1 5.5 9zM7 9V5.5a3 3 0 0 1 5.8-1",
  minus: "M4.5 10h11",
  monitor:
    "M4 4h12a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM7.5 17h5M10 14v3",
  moon: "M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3z",
  plus: "M10 4.5v11M4.5 10h11",
  redo: "M12 4l4 4-4 4M15.5 8H8a4 4 0 0 0 0 8h3",
  restore: "M3.5 10a6.5 6.5 0 1 0 2-4.7L3.5 7M3.5 3.5V7H7",
  search: "M9 3.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM13 13l4 4",
  shuffle:
    "M3 6h2.5c3.5 0 5.5 8 9 8H17M3 14h2.5c1.3 0 2.4-1.1 3.3-2.5M11.2 8.5c1-1.4 2-2.5 3.3-2.5H17M15 4l2 2-2 2M15 12l2 2-2 2",
  sliders: "M3 6h7M15 6h2M3 14h2M10 14h7M12.5 3.5v5M7.5 11.5v5",
  star: "M10 3l2.1 4.4 4.9.7-3.5 3.4.8 4.8L10 14l-4.3 2.3.8-4.8L3 8.1l4.9-.7z",
  sun: "M10 6.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM10 1.8v1.7M10 16.5v1.7M1.8 10h1.7M16.5 10h1.7M4.2 4.2l1.2 1.2M14.6 14.6l1.2 1.2M15.8 4.2l-1.2 1.2M5.4 14.6l-1.2 1.2",
  swap: "M3 7h13M13 4l3 3-3 3M17 13H4M7 10l-3 3 3 3",
  trash:
    "M3.5 5.5h13M8 5.5V4a1 1 0 0 1 1-1h2a1 1 0 0 1 1 1v1.5M5 5.5l.7 10a1 1 0 0 0 1 1h6.6a1 1 0 0 0 1-1l.7-10M8.5 9v4M11.5 9v4",
  undo: "M8 4 4 8l4 4M4.5 8H12a4 4 0 0 1 0 8H9",
  zoomIn: "M9 3.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM13 13l4 4M9 7v4M7 9h4",
  zoomOut: "M9 3.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM13 13l4 4M7 9h4",
} as const;

export type IconName = keyof typeof PATHS;

/** @param isFilled for what is switched on, such as a favourite's star. */
export function Icon({
  name,
  isFilled = false,
}: {
  name: IconName;
  isFilled?: boolean;
}) {
  return (
    <svg
      width="20"
      height="20"
      viewBox="0 0 20 20"
      fill={isFilled ? "currentColor" : "none"}
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
