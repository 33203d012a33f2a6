/** The comment in an EXIF block (EXIF 2.32, section 4.6), read and written. Pure. */

import { concatenated, latin1, viewOf } from "./file-format";
import { MAX_TEXT_BYTES, type Texts, USER_COMMENT } from "./texts";

const TAGS = { make: 0x010f, model: 0x0110, exifIfd: 0x8769, userComment: 0x9286 };
const UNDEFINED_TYPE = 7;
const LONG_TYPE = 4;
const ENTRY_BYTES = 12;
const MAX_ENTRIES = 200;
const BIG_ENDIAN = "MM";
const LITTLE_ENDIAN = "II";
const CODE_BYTES = 8;
const UNICODE = "UNICODE\0";

/** @param tiff the block, without JPEG's `Exif` in front. */
export function exifTexts(tiff: Uint8Array): Texts {
  const texts = new Map<string, string>();
  const order = latin1(tiff, 0, 2);
  if ((order !== BIG_ENDIAN && order !== LITTLE_ENDIAN) || tiff.length < 8) {
    return texts;
  }
  const block = { tiff, view: viewOf(tiff), isLittle: order === LITTLE_ENDIAN };
  const first = directory(block, block.view.getUint32(4, block.isLittle));
  const pointer = first.get(TAGS.exifIfd);
  const exif = pointer && directory(block, pointer.offset);
  const comment = exif?.get(TAGS.userComment) ?? first.get(TAGS.userComment);
  if (comment) texts.set(USER_COMMENT, commentText(comment.bytes()));
  for (const [name, tag] of [
    ["Make", TAGS.make],
    ["Model", TAGS.model],
  ] as const) {
    const entry = first.get(tag);
    if (entry) texts.set(name, decoded("utf-8", entry.bytes()).replace(/\0+$/, ""));
  }
  return texts;
}

/** A block with `text` as its comment and nothing else, in UTF-16 as AUTOMATIC1111's. */
export function exifWithComment(text: string): Uint8Array {
  const comment = new Uint8Array(CODE_BYTES + 2 * text.length);
  const view = viewOf(comment);
  comment.set(new TextEncoder().encode(UNICODE));
  for (let index = 0; index < text.length; index++) {
    view.setUint16(CODE_BYTES + 2 * index, text.charCodeAt(index));
  }
  // The header, then two directories of one entry each, then the comment.
  const exifIfdAt = 26;
  const commentAt = 44;
  return concatenated([
    new Uint8Array([0x4d, 0x4d, 0, 42, 0, 0, 0, 8]),
    directoryOfOne(TAGS.exifIfd, LONG_TYPE, 1, exifIfdAt),
    directoryOfOne(TAGS.userComment, UNDEFINED_TYPE, comment.length, commentAt),
    comment,
  ]);
}

type Block = { tiff: Uint8Array; view: DataView; isLittle: boolean };

type Entry = { offset: number; bytes: () => Uint8Array };

/** The entries by tag; none where the file ends too early. */
function directory(block: Block, at: number): Map<number, Entry> {
  const { tiff, view, isLittle } = block;
  const entries = new Map<number, Entry>();
  if (at + 2 > tiff.length) return entries;
  const count = Math.min(view.getUint16(at, isLittle), MAX_ENTRIES);
  for (let index = 0; index < count; index++) {
    const entry = at + 2 + index * ENTRY_BYTES;
    if (entry + ENTRY_BYTES > tiff.length) break;
    const length = view.getUint32(entry + 4, isLittle);
    const offset = view.getUint32(entry + 8, isLittle);
    // What has four bytes or less stands in the entry itself.
    const start = length <= 4 ? entry + 8 : offset;
    const end = Math.min(start + length, tiff.length, start + MAX_TEXT_BYTES);
    entries.set(view.getUint16(entry, isLittle), {
      offset,
      bytes: () => tiff.subarray(start, end),
    });
  }
  return entries;
}

function directoryOfOne(tag: number, type: number, count: number, value: number) {
  const bytes = new Uint8Array(2 + ENTRY_BYTES + 4);
  const view = viewOf(bytes);
  view.setUint16(0, 1);
  view.setUint16(2, tag);
  view.setUint16(4, type);
  view.setUint32(6, count);
  view.setUint32(10, value);
  return bytes;
}

function commentText(bytes: Uint8Array): string {
  const code = latin1(bytes, 0, CODE_BYTES);
  const text = bytes.subarray(CODE_BYTES);
  if (code === UNICODE) return decoded(utf16Order(text), text);
  const hasCode = code === "ASCII\0\0\0" || code === "\0".repeat(CODE_BYTES);
  return decoded("utf-8", hasCode ? text : bytes).replace(/\0+$/, "");
}

/**
 * The standard says nothing of the order, and tools follow the block's or their own:
 * wherever the letters of English stand, their other byte is 0.
 */
function utf16Order(bytes: Uint8Array): "utf-16be" | "utf-16le" {
  let zerosFirst = 0;
  let zerosSecond = 0;
  for (let index = 0; index + 1 < bytes.length; index += 2) {
    if (bytes[index] === 0) zerosFirst += 1;
    if (bytes[index + 1] === 0) zerosSecond += 1;
  }
  return zerosSecond > zerosFirst ? "utf-16le" : "utf-16be";
}

function decoded(encoding: string, bytes: Uint8Array): string {
  return new TextDecoder(encoding).decode(bytes);
}
