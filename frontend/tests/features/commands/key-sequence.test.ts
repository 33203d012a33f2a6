import { expect, test } from "vitest";
import { nextStep } from "@/features/commands/key-sequence";
import type { Press } from "@/features/commands/keys";
import { command } from "./commands";
import { press } from "./presses";

const COMMANDS = [
  command("studio", { keys: "g s" }),
  command("history", { keys: "g h" }),
  command("seed", { keys: "s" }),
  command("palette", { keys: "mod+k" }),
  command("without keys"),
];

/** The ids that are run by keys pressed one after the other. */
function runBy(...keys: string[]): string[] {
  let pending: readonly Press[] = [];
  return keys.flatMap((key) => {
    const step = nextStep(COMMANDS, pending, press(key), false);
    pending = step.pending;
    return step.command ? [step.command.id] : [];
  });
}

test("one key runs its command at once", () => {
  expect(runBy("s")).toEqual(["seed"]);
});

test("a sequence runs its command with the last key, and that alone", () => {
  expect(runBy("g", "s")).toEqual(["studio"]);
  expect(runBy("g", "h")).toEqual(["history"]);
});

test("a key that continues nothing stands for itself", () => {
  expect(runBy("g", "x", "s")).toEqual(["seed"]);
  expect(runBy("g", "g", "h")).toEqual(["history"]);
});

test("a sequence is forgotten once it has run", () => {
  expect(runBy("g", "s", "s")).toEqual(["studio", "seed"]);
});

test("keys that nobody has run nothing", () => {
  expect(runBy("q", "Enter", "k")).toEqual([]);
});

test("Ctrl ends a sequence that was begun", () => {
  const { pending } = nextStep(COMMANDS, [], press("g"), false);
  const step = nextStep(COMMANDS, pending, press("k", { ctrlKey: true }), false);
  expect(step.command?.id).toBe("palette");
});
