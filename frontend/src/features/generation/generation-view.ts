/**
 * What the person sees of a generation; exactly one status is true at a time.
 *
 *     idle -> submitting -> queued -> denoising -> decoding -> completed
 *                  any of these but idle -> cancelling -> cancelled
 *                  any of these but idle -> failed
 */

import type { Failure } from "@/lib/api/failure";
import type { CompletedGeneration, QueuedData } from "@/lib/api/generated";

/** What is known of the pictures before they are there: it fixes the stage's shape. */
export type Plan = {
  prompt: string;
  width: number;
  height: number;
  numImages: number;
};

/** One picture's place on the stage: the newest preview, then the image itself. */
export type Tile = { preview: string | null; url: string | null };

type Known = { plan: Plan; id: string };

export type GenerationView =
  | { status: "idle" }
  // With a place while the gateway keeps it: no server knows of it yet.
  | { status: "submitting"; plan: Plan; place?: QueuedData }
  | (Known & {
      status: "queued";
      position: number;
      numInferenceSteps: number;
      etaS: number | null;
    })
  | (Known & {
      status: "denoising";
      tiles: Tile[];
      step: number;
      numInferenceSteps: number;
      etaS: number | null;
    })
  | (Known & { status: "decoding"; tiles: Tile[] })
  | { status: "cancelling"; plan: Plan; tiles: Tile[] }
  | { status: "cancelled"; plan: Plan; tiles: Tile[] }
  | { status: "completed"; plan: Plan; tiles: Tile[]; generation: CompletedGeneration }
  | { status: "failed"; plan: Plan; tiles: Tile[]; failure: Failure };

export function isGenerating({ status }: GenerationView): boolean {
  switch (status) {
    case "submitting":
    case "queued":
    case "denoising":
    case "decoding":
    case "cancelling":
      return true;
    case "idle":
    case "cancelled":
    case "completed":
    case "failed":
      return false;
  }
}

export function emptyTiles({ numImages }: Plan): Tile[] {
  return Array.from({ length: numImages }, () => ({ preview: null, url: null }));
}

export function tilesOf(view: Exclude<GenerationView, { status: "idle" }>): Tile[] {
  return "tiles" in view ? view.tiles : emptyTiles(view.plan);
}

export function hasPicture(tiles: Tile[]): boolean {
  return tiles.some((tile) => tile.preview ?? tile.url);
}
