/**
 * Keys as commands name them. Pure.
 *
 * "mod+k" is Command+K on Apple's machines and Ctrl+K elsewhere, "g h" is G and then H,
 * "?" is whatever types a question mark on this keyboard.
 */

export type Press = Pick<
  KeyboardEvent,
  "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey"
>;

/** Keys that are pressed together. */
type Chord = { key: string; mod: boolean; shift: boolean };

/** One for each press, in order. */
export function chordsOf(keys: string): Chord[] {
  return keys.split(" ").map((together) => {
    const names = together.split("+");
    return {
      key: names.at(-1) ?? "",
      mod: names.includes("mod"),
      shift: names.includes("shift"),
    };
  });
}

/** Whether a person who types text or dictates could press them without meaning to. */
export function isSingleKey(keys: string): boolean {
  return chordsOf(keys).every(({ mod }) => !mod);
}

export function isPressed(chord: Chord, press: Press, isApple: boolean): boolean {
  const [mod, other] = isApple
    ? [press.metaKey, press.ctrlKey]
    : [press.ctrlKey, press.metaKey];
  const key = keyOf(press);
  // Which keyboards need Shift for "?" or "/" differs; for a letter it means another.
  const isShiftRight = isLetter(key) ? press.shiftKey === chord.shift : true;
  return (
    key === chord.key && mod === chord.mod && !other && !press.altKey && isShiftRight
  );
}

const MODIFIERS = ["Shift", "Control", "Alt", "AltGraph", "Meta", "CapsLock"];

/** On its own it is the beginning of a press, not one. */
export function isModifier({ key }: Pick<Press, "key">): boolean {
  return MODIFIERS.includes(key);
}

function keyOf({ key, code }: Press): string {
  const pressed = key.toLowerCase();
  if (pressed === "backspace") return "delete";
  // Letters of other scripts stand where the Latin ones do: К is on the key of K.
  const isForeign = pressed.length === 1 && pressed > "\u007f";
  const latin = isForeign ? /^Key([A-Z])$/.exec(code)?.[1] : undefined;
  return latin?.toLowerCase() ?? pressed;
}

function isLetter(key: string): boolean {
  return /^[a-z]$/.test(key);
}
