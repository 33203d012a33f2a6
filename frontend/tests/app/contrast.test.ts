/** The README's table of colours says what is measured here, and no pair is too faint. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");
const STYLES = readFileSync(join(ROOT, "src", "app", "globals.css"), "utf8");
const README = readFileSync(join(ROOT, "README.md"), "utf8");

const SCHEMES = ["light", "dark"] as const;

type Scheme = (typeof SCHEMES)[number];
type Colours = Record<Scheme, string>;

const TOKENS = new Map<string, Colours>(
  [...STYLES.matchAll(/(--[\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(
    ([, name = "", light = "", dark = ""]) => [name, { light, dark }],
  ),
);

/** `| --ink | --desk, --surface | 14.1 | 12.3 | 4.5 |`: the least of each row. */
const CLAIMS = [
  ...README.matchAll(
    /^\| `(--[\w-]+)` +\| ([^|]+?) +\| +([\d.]+) \| +([\d.]+) \| +([\d.]+) \|/gm,
  ),
].map(([, ink = "", grounds = "", light, dark, least]) => ({
  ink,
  grounds: grounds.split(", ").map((name) => name.replaceAll("`", "")),
  claimed: { light: Number(light), dark: Number(dark) },
  least: Number(least),
}));

test("the table is there, and names every colour that is drawn on another", () => {
  const claimed = new Set(CLAIMS.flatMap(({ ink, grounds }) => [ink, ...grounds]));
  // Separators are decoration: nothing is lost to whoever does not see them.
  const unclaimed = [...TOKENS.keys()].filter((name) => !claimed.has(name));
  expect(unclaimed).toEqual(["--line"]);
});

describe.each(SCHEMES)("in the %s scheme", (scheme) => {
  test.each(CLAIMS)("$ink stands out from $grounds", (claim) => {
    const ratios = claim.grounds.map((ground) =>
      contrast(colour(claim.ink, scheme), colour(ground, scheme)),
    );
    const least = Math.min(...ratios);
    // Rounded down: a claim is never better than what is seen.
    expect(Math.floor(least * 10) / 10).toBe(claim.claimed[scheme]);
    expect(least).toBeGreaterThanOrEqual(claim.least);
  });
});

function colour(name: string, scheme: Scheme): string {
  const token = TOKENS.get(name);
  if (!token) throw new Error(`globals.css has no colour ${name}`);
  return token[scheme];
}

/** WCAG 2.2, "contrast ratio". */
function contrast(one: string, other: string): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].sort(
    (a, b) => b - a,
  );
  return (lighter + 0.05) / (darker + 0.05);
}

/** WCAG 2.2, "relative luminance", of `#rrggbb`. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
