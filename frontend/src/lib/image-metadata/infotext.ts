/**
 * The `parameters` text that AUTOMATIC1111 began and half the field writes. Pure.
 *
 *     a cat in a hat <lora:ink:0.8>
 *     Negative prompt: dogs
 *     Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512
 *
 * Read in one pass: it comes from strangers' files.
 */

export type Infotext = {
  prompt: string;
  negativePrompt: string;
  settings: ReadonlyMap<string, string>;
};

const NEGATIVE = "Negative prompt:";
const SETTINGS_START = "Steps: ";
const MAX_SETTINGS = 200;

/** Null for a text without a line of settings. */
export function readInfotext(text: string): Infotext | null {
  const lines = text.split("\n");
  const at = lines.findLastIndex((line) => line.trimStart().startsWith(SETTINGS_START));
  if (at < 0) return null;
  const settings = readSettings(lines.slice(at).join("\n").trim());
  const prompts = lines.slice(0, at);
  const negativeAt = prompts.findIndex((line) => line.startsWith(NEGATIVE));
  const prompt = negativeAt < 0 ? prompts : prompts.slice(0, negativeAt);
  const negative = negativeAt < 0 ? "" : prompts.slice(negativeAt).join("\n");
  return {
    prompt: prompt.join("\n").trim(),
    negativePrompt: negative.slice(NEGATIVE.length).trim(),
    settings,
  };
}

function readSettings(text: string): Map<string, string> {
  const settings = new Map<string, string>();
  let at = 0;
  while (at < text.length && settings.size < MAX_SETTINGS) {
    const colon = text.indexOf(":", at);
    if (colon < 0) break;
    const end = valueEnd(text, colon + 1);
    const name = text.slice(at, colon).trim();
    if (name && !settings.has(name)) {
      settings.set(name, unquoted(text.slice(colon + 1, end).trim()));
    }
    at = end + 1;
  }
  return settings;
}

/** The comma that ends a value: none within quotes or brackets, as JSON has them. */
function valueEnd(text: string, start: number): number {
  let depth = 0;
  let isQuoted = false;
  const opens = text.slice(start, start + 8).trimStart()[0];
  const isStructured = opens === "[" || opens === "{" || opens === '"';
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (isStructured && character === '"') isQuoted = !isQuoted;
    else if (isQuoted) at += character === "\\" ? 1 : 0;
    else if (isStructured && (character === "[" || character === "{")) depth += 1;
    else if (isStructured && (character === "]" || character === "}")) depth -= 1;
    else if (character === "," && depth <= 0) return at;
  }
  return text.length;
}

function unquoted(value: string): string {
  if (!value.startsWith('"')) return value;
  try {
    return String(JSON.parse(value));
  } catch {
    return value;
  }
}
