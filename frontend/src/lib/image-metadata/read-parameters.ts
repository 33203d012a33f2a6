/** How an image was painted, from the file that any of five tools wrote. */

import { fileTexts } from "./file-texts";
import type { FoundParameters } from "./found-parameters";
import type { Texts } from "./texts";
import { readAutomatic1111 } from "./tools/automatic1111";
import { readComfyUi } from "./tools/comfyui";
import { readEasel } from "./tools/easel";
import { readInvokeAi } from "./tools/invokeai";
import { readSwarmUi } from "./tools/swarmui";

export type { FoundParameters, Tool } from "./found-parameters";

/** The surest first: several tools add AUTOMATIC1111's text to their own. */
const READERS: readonly ((texts: Texts) => FoundParameters | null)[] = [
  readEasel,
  readInvokeAi,
  readSwarmUi,
  readAutomatic1111,
  readComfyUi,
];

/** Null where the file says nothing of it. Never throws: files come from anywhere. */
export async function readParameters(
  bytes: Uint8Array,
): Promise<FoundParameters | null> {
  const texts = await fileTexts(bytes);
  for (const read of READERS) {
    const parameters = read(texts);
    if (parameters) return parameters;
  }
  return null;
}
