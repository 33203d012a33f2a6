/** What the server notes about a picture, as the studio says it. Pure. */

import { fill } from "@/lib/words/format";
import type { Words } from "@/lib/words/words";

const ENLARGED =
  /^Painted at the model's native (\d+) x (\d+) and enlarged to (\d+) x (\d+)\.$/;

/** In the person's language where the studio knows the note, else as the server wrote it. */
export function noteWords(note: string, { viewer }: Words): string {
  const [, fromWidth, fromHeight, width, height] = ENLARGED.exec(note) ?? [];
  if (!fromWidth || !fromHeight || !width || !height) return note;
  return fill(viewer.notes.enlarged, {
    native: fill(viewer.size, { width: fromWidth, height: fromHeight }),
    size: fill(viewer.size, { width, height }),
  });
}
