import { expect, test } from "vitest";
import { noteWords } from "@/features/viewer/note-words";
import { de } from "@/lib/words/de";
import { en } from "@/lib/words/en";
import type { Words } from "@/lib/words/words";

// Other sentences with the same placeholders, as `requestWords` has it.
const GERMAN = de as unknown as Words;

const ENLARGED = "Painted at the model's native 128 x 96 and enlarged to 512 x 384.";

test("a note that the studio knows is said in the person's language", () => {
  expect(noteWords(ENLARGED, en)).toBe(
    "Painted at the model’s own 128 × 96 and enlarged to 512 × 384.",
  );
  expect(noteWords(ENLARGED, GERMAN)).toBe(
    "In den 128 × 96 des Modells gemalt und auf 512 × 384 vergrößert.",
  );
});

test("any other note stays as the server wrote it", () => {
  expect(noteWords("The negative prompt was left out.", GERMAN)).toBe(
    "The negative prompt was left out.",
  );
});
