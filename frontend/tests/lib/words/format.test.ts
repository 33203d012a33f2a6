import { expect, test } from "vitest";
import { counted, fill } from "@/lib/words/format";
import { pickLanguage } from "@/lib/words/language";

test("values take the place of their names", () => {
  expect(fill("Step {step} of {total}", { step: 3, total: 16 })).toBe("Step 3 of 16");
});

test("one is told from several, and numbers are written as the language does", () => {
  const forms = { one: "{count} picture", other: "{count} pictures" };
  expect(counted(forms, 1, "en")).toBe("1 picture");
  expect(counted(forms, 0, "en")).toBe("0 pictures");
  expect(counted(forms, 2000, "en")).toBe("2,000 pictures");
  expect(counted(forms, 2000, "de")).toBe("2.000 pictures");
});

test.each([
  ["de", "en", "de"],
  [undefined, "de-AT,de;q=0.9,en;q=0.8", "de"],
  [undefined, "fr, en;q=0.5, de;q=0.7", "de"],
  [undefined, "de;q=0, fr", "en"],
  ["xx", null, "en"],
  [undefined, "toString", "en"],
])("chosen %s, accepted %s: %s", (chosen, accepted, language) => {
  expect(pickLanguage(chosen, accepted)).toBe(language);
});
