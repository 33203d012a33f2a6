/** What image files say in words, wherever a format keeps it. */

/** By PNG's keyword; EXIF's tags by the names below. */
export type Texts = ReadonlyMap<string, string>;

/** A graph of ComfyUI has hundreds of kilobytes. */
export const MAX_TEXT_BYTES = 4 * 2 ** 20;

/** EXIF's comment, where all but PNG have their parameters. */
export const USER_COMMENT = "UserComment";

/** EXIF's maker and model of the camera: ComfyUI's WebP has its graphs there. */
export const CAMERA_TAGS = ["Make", "Model"] as const;

const KEYWORDS = ["parameters", "easel", "prompt", "invokeai_metadata"];

/** Anything else in a PNG is not worth being inflated. */
export function isOfInterest(keyword: string): boolean {
  return KEYWORDS.includes(keyword);
}
