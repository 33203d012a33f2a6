/** Which command the keys that were pressed so far ask for. Pure. */

import type { Command } from "./command";
import { chordsOf, isPressed, type Press } from "./keys";

type Step = {
  command: Command | null;
  /** What has been pressed of a longer sequence. */
  pending: readonly Press[];
};

/**
 * @param pending of the step before; empty if that was too long ago.
 * @returns with keys that continue nothing, what they mean on their own.
 */
export function nextStep(
  commands: readonly Command[],
  pending: readonly Press[],
  press: Press,
  isApple: boolean,
): Step {
  const presses = [...pending, press];
  const begun = commands
    .map((command) => ({ command, chords: chordsOf(command.keys ?? "") }))
    .filter(({ chords }) =>
      presses.every((one, at) => {
        const chord = chords[at];
        return chord !== undefined && isPressed(chord, one, isApple);
      }),
    );
  const whole = begun.find(({ chords }) => chords.length === presses.length);
  if (whole) return { command: whole.command, pending: [] };
  if (begun.length > 0) return { command: null, pending: presses };
  if (pending.length > 0) return nextStep(commands, [], press, isApple);
  return { command: null, pending: [] };
}
