import type { en } from "./en";

/**
 * Every text of the studio, one group a feature.
 *
 * English is the original: its literal types carry the placeholders, so that `fill`
 * knows what a sentence needs.
 */
export type Words = typeof en;

/** The same groups and names in another language. */
export type Translation<Original> = Original extends string
  ? string
  : { readonly [Name in keyof Original]: Translation<Original[Name]> };
