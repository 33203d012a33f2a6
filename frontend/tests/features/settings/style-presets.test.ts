import { expect, test } from "vitest";
import {
  negativePromptWithStyle,
  promptWithStyle,
  stylePresets,
} from "@/features/settings/style-presets";
import { en } from "@/lib/words/en";
import { model } from "../models";

const WORDS = en.settings.style;
const FOG = {
  id: "fog",
  name: "Fog",
  prompt: "{prompt} in fog",
  negativePrompt: "sun",
};

test("the model's own styles take the place of the general ones", () => {
  expect(stylePresets(model(), WORDS).map(({ name }) => name)).toContain("Watercolour");
  const styles = [{ name: "Fog", prompt: "{prompt} in fog" }];
  expect(stylePresets({ ...model(), styles }, WORDS)).toEqual([
    { id: "Fog", name: "Fog", prompt: "{prompt} in fog", negativePrompt: "" },
  ]);
  expect(stylePresets({ ...model(), styles: [] }, WORDS)).toEqual([]);
  expect(stylePresets({ ...model(), styles: null }, WORDS)).not.toEqual([]);
});

test("every general style says where the prompt goes", () => {
  for (const { prompt } of stylePresets(model(), WORDS)) {
    expect(prompt.split("{prompt}")).toHaveLength(2);
  }
});

test("the prompt stands where the style wants it, whatever is in it", () => {
  expect(promptWithStyle(" a bicycle ", FOG)).toBe("a bicycle in fog");
  expect(promptWithStyle("$& for $1", FOG)).toBe("$& for $1 in fog");
  expect(promptWithStyle("a bicycle", null)).toBe("a bicycle");
  expect(promptWithStyle("a bicycle", { ...FOG, prompt: "misty" })).toBe(
    "a bicycle, misty",
  );
});

test("a style is no prompt by itself", () => {
  expect(promptWithStyle("  ", FOG)).toBe("");
});

test("what the style avoids comes after what a person avoids", () => {
  expect(negativePromptWithStyle("people", FOG)).toBe("people, sun");
  expect(negativePromptWithStyle("", FOG)).toBe("sun");
  expect(negativePromptWithStyle("people", null)).toBe("people");
});
