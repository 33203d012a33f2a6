/** Something that can be done, whether by a key or from the palette. */
export type Command = {
  id: string;
  title: string;
  /** Heading under which it is listed. */
  group: string;
  /** See `keys.ts`: "mod+k", "r", "g h". */
  keys?: string;
  run: () => void;
  /** False while it would do nothing: it then has no key and is not listed. */
  isAvailable?: boolean;
  /** Other words under which people look for it. */
  keywords?: string;
};

export function availableCommands(commands: readonly Command[]): Command[] {
  return commands.filter(({ isAvailable = true }) => isAvailable);
}
