import { expect, test } from "vitest";
import { fileName } from "@/lib/recipe/file-name";

test.each([
  ["A red fox, in the snow!", 7, "a-red-fox-in-the-snow-7.png"],
  ["../../etc/passwd", 1, "etc-passwd-1.png"],
  ["con", null, "con-picture.png"],
  ["ein Bär, 熊", 0, "ein-bär-熊-0.png"],
  ["🦊 ...", 3, "easel-3.png"],
  ["", 3, "easel-3.png"],
])("%j with seed %s is %s", (prompt, seed, name) => {
  expect(fileName({ prompt, seed }, "png")).toBe(name);
});

test("the longest name fits every file system", () => {
  const name = fileName({ prompt: "𠀀".repeat(4_000), seed: 2 ** 32 - 1 }, "jpeg");
  expect(new TextEncoder().encode(name).length).toBeLessThanOrEqual(255);
});
