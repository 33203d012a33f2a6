import { expect, test } from "vitest";
import { readFollowed, writeFollowed } from "@/lib/api/followed";

test.each([
  ["gen_gpu-0_01KB", "7"],
  ["gen_1", null],
])("%s behind event %s is read as it was written", (id, lastEventId) => {
  const followed = { id, lastEventId };
  expect(readFollowed(writeFollowed(followed))).toEqual(followed);
});

test("an id alone is one of which nothing was seen", () => {
  expect(readFollowed("gen_1")).toEqual({ id: "gen_1", lastEventId: null });
});

test.each(["", "~3", "..", "a/b", "a?b", "a b", "a%2f", "a~1~2", "a~1\n2", "a~ü"])(
  "%j is no generation",
  (text) => {
    expect(readFollowed(text)).toBeNull();
  },
);
