/**
 * What the person sees of a generation; exactly one status is true at a time.
 *
 *     submitting -> queued -> denoising -> decoding -> completed
 *            any of these -> cancelling -> cancelled
 *            any of these -> failed
 */

import type { Failure } from "@/lib/api/failure";
import type { CompletedGeneration } from "@/lib/api/generated";

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
  // No server knows of it yet.
  | { status: "submitting"; plan: Plan }
  | (Known & {
      status: "queued";
      tiles: Tile[];
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
  | { status: "cancelling"; plan: Plan; tiles: Tile[]; id: string | null }
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
    case "cancelled":
    case "completed":
    case "failed":
      return false;
  }
}

/** Null before a server has taken it, and after its end. */
export function idOf(view: GenerationView): string | null {
  return "id" in view ? view.id : null;
}

/** From 0 to 1; null while it is not being painted. */
export function progressOf(view: GenerationView): number | null {
  switch (view.status) {
    case "denoising":
      return view.step / view.numInferenceSteps;
    case "decoding":
    case "completed":
      return 1;
    default:
      return null;
  }
}

export function emptyTiles({ numImages }: Plan): Tile[] {
  return Array.from({ length: numImages }, () => ({ preview: null, url: null }));
}

export function tilesOf(view: GenerationView): Tile[] {
  return "tiles" in view ? view.tiles : emptyTiles(view.plan);
}

export function hasPicture(tiles: Tile[]): boolean {
  return tiles.some((tile) => tile.preview ?? tile.url);
}
