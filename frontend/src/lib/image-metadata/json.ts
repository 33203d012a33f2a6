/** JSON from strangers' files: looked at, never trusted. Pure. */

export type JsonObject = { readonly [name: string]: unknown };

/** Null for what is no object, or no JSON. */
export function readJsonObject(text: string): JsonObject | null {
  return asObject(parsed(text) ?? parsed(withoutNaN(text)));
}

export function asObject(value: unknown): JsonObject | null {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  // An object has names and values, whichever they are.
  return isObject ? (value as JsonObject) : null;
}

/** Only what the file itself says: no `constructor`, no `toString`. */
export function field(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** `"none"`, `false`, 0 and their like: a parameter that changes nothing. */
export function isNothing(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return true;
  if (value === 0 || value === "" || value === "None" || value === "none") return true;
  return Array.isArray(value) && value.length === 0;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Python writes `NaN`, as ComfyUI's nodes do for "always run me". */
function withoutNaN(text: string): string {
  return text.replace(/([[:,]\s{0,9})NaN(?=\s{0,9}[\],}])/g, "$1null");
}
