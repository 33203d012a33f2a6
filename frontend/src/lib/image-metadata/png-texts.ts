/** Text in a PNG: `tEXt`, `zTXt` and `iTXt` (W3C PNG, section 11.3.3). */

import { latin1 } from "./file-format";
import { inflate } from "./inflate";
import { type PngChunk, pngChunk, pngChunks } from "./png-chunks";
import { isOfInterest, MAX_TEXT_BYTES, type Texts } from "./texts";

const MAX_KEYWORD_BYTES = 79;
// Hostile files have more, and each may have to be inflated.
const MAX_TEXTS = 64;

/** By keyword, the first of each. */
export async function pngTexts(bytes: Uint8Array): Promise<Texts> {
  const texts = new Map<string, string>();
  let looked = 0;
  for (const { type, content } of pngChunks(bytes)) {
    if (type !== "tEXt" && type !== "zTXt" && type !== "iTXt") continue;
    looked += 1;
    if (looked > MAX_TEXTS) break;
    const keyword = keywordOf(content);
    if (keyword === null || !isOfInterest(keyword) || texts.has(keyword)) continue;
    const body = content.subarray(keyword.length + 1);
    const text = await readBody(type, body);
    if (text !== null) texts.set(keyword, text);
  }
  return texts;
}

/** Text that any reader of UTF-8 finds under `keyword`, uncompressed. */
export function textChunk(keyword: string, text: string): PngChunk {
  // Two flags of no compression, no language, no translated keyword.
  return pngChunk("iTXt", new TextEncoder().encode(`${keyword}\0\0\0\0\0${text}`));
}

function keywordOf(content: Uint8Array): string | null {
  const end = content.subarray(0, MAX_KEYWORD_BYTES + 1).indexOf(0);
  return end > 0 ? latin1(content, 0, end) : null;
}

function readBody(type: "tEXt" | "zTXt" | "iTXt", body: Uint8Array) {
  switch (type) {
    case "tEXt":
      return decoded(body);
    case "zTXt":
      // One byte names the only method there is.
      return inflated(body.subarray(1));
    case "iTXt":
      return readInternational(body);
  }
}

function readInternational(body: Uint8Array) {
  const isCompressed = body[0] === 1;
  const languageEnd = body.indexOf(0, 2);
  const translatedEnd = languageEnd < 0 ? -1 : body.indexOf(0, languageEnd + 1);
  if (translatedEnd < 0) return null;
  const text = body.subarray(translatedEnd + 1);
  return isCompressed ? inflated(text) : decoded(text);
}

async function inflated(bytes: Uint8Array): Promise<string | null> {
  const plain = await inflate(bytes, MAX_TEXT_BYTES);
  return plain && decoded(plain);
}

/** The standard says Latin-1 for `tEXt`, several tools write UTF-8 into it. */
function decoded(bytes: Uint8Array): string | null {
  if (bytes.length > MAX_TEXT_BYTES) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("latin1").decode(bytes);
  }
}
