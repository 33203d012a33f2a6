/** Puts values into sentences. Pure. */

type Placeholder<Template extends string> =
  Template extends `${string}{${infer Name}}${infer Rest}`
    ? Name | Placeholder<Rest>
    : never;

export type Values<Template extends string> = Record<
  Placeholder<Template>,
  string | number
>;

/** `fill("Step {step}", { step: 3 })` is "Step 3"; a value that is missing is a type error. */
export function fill<Template extends string>(
  template: Template,
  values: Values<Template>,
): string {
  const given: Record<string, string | number> = values;
  return template.replace(/\{(\w+)\}/g, (_, name: string) => String(given[name]));
}

/** A sentence for one and one for several; `{count}` stands for how many. */
export type Counted = { readonly one: string; readonly other: string };

/** @param language a BCP 47 tag: each language has its own idea of one. */
export function counted(forms: Counted, count: number, language: string): string {
  const form = new Intl.PluralRules(language).select(count) === "one" ? "one" : "other";
  return forms[form].replaceAll("{count}", count.toLocaleString(language));
}
