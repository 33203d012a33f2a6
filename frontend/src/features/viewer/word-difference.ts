/** Which words of a prompt have changed. Pure. */

export type WordRun = { kind: "same" | "removed" | "added"; text: string };

// 2 MB of table. Beyond, what differs is shown as replaced in one piece.
const MOST_CELLS = 1_000_000;

/** @param language BCP 47: what a word is differs, above all where none are spaced. */
export function wordDifference(
  before: string,
  after: string,
  language: string,
): WordRun[] {
  const a = wordsOf(before, language);
  const b = wordsOf(after, language);
  const isEqual = (i: number, j: number) => a[i]?.bare === b[j]?.bare;

  let start = 0;
  while (start < a.length && start < b.length && isEqual(start, start)) start++;
  let end = 0;
  while (
    end < Math.min(a.length, b.length) - start &&
    isEqual(a.length - 1 - end, b.length - 1 - end)
  ) {
    end++;
  }
  const runs = [
    // Where only words of `a` follow, its space belongs between.
    run("same", (start < b.length ? b : a).slice(0, start)),
    ...middleRuns(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    run("same", b.slice(b.length - end)),
  ];
  return joined(withoutLonePunctuation(joined(runs)));
}

/** `text` brings the space after it along, `bare` is what is compared. */
type Word = { text: string; bare: string };

function run(kind: WordRun["kind"], words: readonly Word[]): WordRun {
  return { kind, text: words.map(({ text }) => text).join("") };
}

/** A comma is a word of its own. */
function wordsOf(text: string, language: string): Word[] {
  const words: Word[] = [];
  const segmenter = new Intl.Segmenter(language, { granularity: "word" });
  for (const { segment } of segmenter.segment(text)) {
    const bare = segment.trim();
    const last = words.at(-1);
    if (bare === "" && last) last.text += segment;
    else words.push({ text: segment, bare });
  }
  return words;
}

/** By the longest common subsequence; what is removed stands before what is added. */
function middleRuns(a: readonly Word[], b: readonly Word[]): WordRun[] {
  if ((a.length + 1) * (b.length + 1) > MOST_CELLS) {
    return [run("removed", a), run("added", b)];
  }
  const common = commonLengths(a, b);
  const runs: WordRun[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    if (left && right && left.bare === right.bare) {
      runs.push({ kind: "same", text: (j + 1 < b.length ? right : left).text });
      i++;
      j++;
    } else if (left && (!right || at(common, i + 1, j) >= at(common, i, j + 1))) {
      runs.push({ kind: "removed", text: left.text });
      i++;
    } else {
      runs.push({ kind: "added", text: right?.text ?? "" });
      j++;
    }
  }
  return runs;
}

/** How many words `a` from i and `b` from j on have in common, in order. */
type CommonLengths = { width: number; cells: Uint16Array };

function commonLengths(a: readonly Word[], b: readonly Word[]): CommonLengths {
  const width = b.length + 1;
  const common = { width, cells: new Uint16Array((a.length + 1) * width) };
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common.cells[i * width + j] =
        a[i]?.bare === b[j]?.bare
          ? at(common, i + 1, j + 1) + 1
          : Math.max(at(common, i + 1, j), at(common, i, j + 1));
    }
  }
  return common;
}

function at({ width, cells }: CommonLengths, i: number, j: number): number {
  return cells[i * width + j] ?? 0;
}

/** A comma that stayed between two changes only breaks them up. */
function withoutLonePunctuation(runs: readonly WordRun[]): WordRun[] {
  return runs.flatMap((one, index): WordRun[] => {
    const isBetween = index > 0 && index < runs.length - 1;
    const isLone = one.kind === "same" && isBetween && !/[\p{L}\p{N}]/u.test(one.text);
    if (!isLone) return [one];
    return [
      { kind: "removed", text: one.text },
      { kind: "added", text: one.text },
    ];
  });
}

/** Neighbours of a kind as one run; between two common ones, removed before added. */
function joined(runs: readonly WordRun[]): WordRun[] {
  const result: WordRun[] = [];
  let removed = "";
  let added = "";
  const flush = () => {
    if (removed) result.push({ kind: "removed", text: removed });
    if (added) result.push({ kind: "added", text: added });
    removed = "";
    added = "";
  };
  for (const { kind, text } of runs) {
    if (text === "") continue;
    if (kind === "removed") removed += text;
    else if (kind === "added") added += text;
    else {
      flush();
      const last = result.at(-1);
      if (last?.kind === "same") last.text += text;
      else result.push({ kind, text });
    }
  }
  flush();
  return result;
}
