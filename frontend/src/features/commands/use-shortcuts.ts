"use client";

import { useEffect, useEffectEvent, useRef } from "react";
import { availableCommands, type Command } from "./command";
import { nextStep } from "./key-sequence";
import { isModifier, isSingleKey, type Press } from "./keys";
import { isApplePlatform } from "./platform";

// Between the keys of a sequence such as "g h".
const SEQUENCE_MS = 1_500;

/**
 * Lets the keys of commands act, everywhere on the page but in an open dialog: what
 * lies below it is out of reach.
 *
 * @param options.singleLetters whether keys without Ctrl or Command act at all; they
 * never do while somebody types.
 */
export function useShortcuts(
  commands: readonly Command[],
  { singleLetters }: { singleLetters: boolean },
): void {
  const pending = useRef<{ presses: readonly Press[]; atMs: number }>({
    presses: [],
    atMs: 0,
  });

  const onPress = useEffectEvent((event: KeyboardEvent) => {
    if (isNoShortcut(event) || document.querySelector("dialog:modal")) return;
    const withSingle = singleLetters && !takesText(event.target);
    const reachable = availableCommands(commands).filter(
      ({ keys }) => keys !== undefined && (withSingle || !isSingleKey(keys)),
    );
    const { presses, atMs } = pending.current;
    const isTooLate = event.timeStamp - atMs > SEQUENCE_MS;
    const step = nextStep(
      reachable,
      isTooLate ? [] : presses,
      event,
      isApplePlatform(),
    );
    pending.current = { presses: step.pending, atMs: event.timeStamp };
    if (!step.command) return;
    event.preventDefault();
    step.command.run();
  });

  useEffect(() => {
    const listener = (event: KeyboardEvent) => onPress(event);
    window.addEventListener("keydown", listener);
    return () => window.removeEventListener("keydown", listener);
  }, []);
}

/** Taken by somebody else, held down, part of an input method's word, or half a press. */
function isNoShortcut(event: KeyboardEvent): boolean {
  return (
    event.defaultPrevented || event.repeat || event.isComposing || isModifier(event)
  );
}

const TYPED_INTO = [
  "textarea",
  // Typing finds an option.
  "select",
  'input:not([type="checkbox"], [type="radio"], [type="range"], [type="file"])',
  '[role="textbox"]',
  '[role="combobox"]',
  '[role="listbox"]',
  '[role="menu"]',
].join();

function takesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.closest(TYPED_INTO) !== null;
}
