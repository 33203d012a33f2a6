import { expect, test } from "vitest";
import { readDownloadChoice } from "@/features/transfer/download-choice";

test("what was chosen is remembered", () => {
  const choice = { format: "webp", keepsParameters: false };
  expect(readDownloadChoice(JSON.stringify(choice))).toEqual(choice);
});

test.each([
  [null, {}],
  ["", {}],
  ["{", {}],
  ["7", {}],
  ["[]", {}],
  ['{"format":"gif","keepsParameters":"no"}', {}],
  ['{"format":"toString","keepsParameters":false}', { keepsParameters: false }],
])("of %j what can be used is used", (text, choice) => {
  expect(readDownloadChoice(text)).toEqual(choice);
});
