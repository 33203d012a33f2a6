/** From a completed generation to pictures in the library. */

import { apiUrl } from "@/lib/api/client";
import type { CompletedGeneration } from "@/lib/api/generated";
import { keepPicture } from "./library";
import { type Picture, picturesOf } from "./picture";
import { makeThumbnail } from "./thumbnail";

/** @param url as the generation names it, relative to the gateway's root. */
export type FetchFile = (url: string) => Promise<Blob>;

/** `missed` are those whose files could not be fetched: nothing of them is kept. */
export type KeptGeneration = { kept: Picture[]; missed: Picture[] };

// Long enough for a network that has just changed.
const RETRY_AFTER_MS = 1_000;

/** Never rejects: a picture that cannot be kept has still been painted. */
export async function keepGeneration(
  generation: CompletedGeneration,
  fetchFile: FetchFile = fetchFromGateway,
): Promise<KeptGeneration> {
  const kept: Picture[] = [];
  const missed: Picture[] = [];
  await Promise.all(
    picturesOf(generation).map(async (picture) => {
      const file = await fetchTwice(picture.url, fetchFile);
      if (!file) {
        missed.push(picture);
        return;
      }
      const thumbnail = await makeThumbnail(file);
      await keepPicture(picture, { id: picture.id, file, thumbnail });
      kept.push(picture);
    }),
  );
  return { kept, missed };
}

async function fetchTwice(url: string, fetchFile: FetchFile): Promise<Blob | null> {
  try {
    return await fetchFile(url);
  } catch {
    await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER_MS));
  }
  try {
    return await fetchFile(url);
  } catch {
    return null;
  }
}

export async function fetchFromGateway(url: string): Promise<Blob> {
  const answer = await fetch(apiUrl(url));
  if (!answer.ok) throw new Error(`the gateway answers ${answer.status}`);
  return answer.blob();
}
