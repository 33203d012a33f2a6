import { expect, test } from "vitest";
import { distinctFileNames, fileName } from "@/lib/pictures/file-names";
import { pictureOf } from "./pictures";

test.each([
  ["A red bicycle, at dusk", "a-red-bicycle-at-dusk-7.png"],
  ["../../etc/passwd", "etc-passwd-7.png"],
  ['<b>:"/\\|?*\u0000', "b-7.png"],
  ["Grüße aus Köln", "grüße-aus-köln-7.png"],
  ["一只红色的自行车", "一只红色的自行车-7.png"],
  ["…", "picture-7.png"],
  ["long ".repeat(50), `${"long-".repeat(12).slice(0, -1)}-7.png`],
])("%j is saved as %s", (prompt, name) => {
  expect(fileName(pictureOf("a", { recipe: { prompt } }))).toBe(name);
});

test("a picture of unknown seed is told apart by its id", () => {
  const picture = pictureOf("gen_1.0", { recipe: { seed: null } });
  expect(fileName(picture)).toBe("a-red-bicycle-gen_1.0.png");
});

test("equal names are numbered, also where a number is taken", () => {
  const twice = { recipe: { prompt: "x", seed: 1 }, mediaType: "image/jpeg" } as const;
  const named = { recipe: { prompt: "x", seed: 1 }, mediaType: "image/webp" } as const;
  expect(
    distinctFileNames([
      pictureOf("a", twice),
      pictureOf("b", twice),
      pictureOf("c", named),
      pictureOf("d", twice),
    ]),
  ).toEqual(["x-1.jpg", "x-1-2.jpg", "x-1.webp", "x-1-3.jpg"]);
});
