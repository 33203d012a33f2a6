/** A recipe in words, one row for each value that it has. Pure. */

import type { Recipe } from "@/lib/recipe/recipe";
import { samplerName } from "@/lib/recipe/sampler-name";
import type { RecipeField } from "@/lib/recipe/sieve-recipe";
import type { Words } from "@/lib/words/words";

type Names = Words["transfer"]["fields"];

export type RecipeRow = { name: string; value: string; fields: readonly RecipeField[] };

export function recipeRows(recipe: Recipe, { language, transfer }: Words): RecipeRow[] {
  const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 3 });
  const written = (value: number | null) =>
    value === null ? "" : numbers.format(value);
  const row = (field: Exclude<RecipeField, "width" | "height">, value: string) => ({
    name: transfer.fields[field],
    value,
    fields: [field],
  });
  const { width, height } = recipe;
  const rows: RecipeRow[] = [
    row("prompt", recipe.prompt),
    row("negativePrompt", recipe.negativePrompt),
    {
      name: transfer.fields.size,
      value: width && height ? `${width} × ${height}` : "",
      fields: ["width", "height"],
    },
    row("numInferenceSteps", written(recipe.numInferenceSteps)),
    row("guidanceScale", written(recipe.guidanceScale)),
    // A name more than a number: it is typed again somewhere.
    row("seed", recipe.seed === null ? "" : String(recipe.seed)),
    row("sampler", recipe.sampler === null ? "" : samplerName(recipe.sampler)),
    row("model", recipe.model ?? ""),
    row(
      "loras",
      recipe.loras.map(({ id, scale = 1 }) => `${id} ${written(scale)}`).join(", "),
    ),
    row("strength", written(recipe.strength)),
    row("numImages", recipe.numImages === 1 ? "" : written(recipe.numImages)),
  ];
  return rows.filter(({ value }) => value !== "");
}

/** Each once: both sides of a picture are its size. */
export function fieldNames(fields: readonly RecipeField[], names: Names): string[] {
  const named = fields.map((field) =>
    field === "width" || field === "height" ? names.size : names[field],
  );
  return [...new Set(named)];
}
