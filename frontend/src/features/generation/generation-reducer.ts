/** How a generation's view changes with each event. Pure. */

import { apiUrl } from "@/lib/api/client";
import { type Failure, failureFromProblem } from "@/lib/api/failure";
import type { CompletedGeneration, Generation } from "@/lib/api/generated";
import type { GenerationEvent } from "@/lib/api/generation-events";
import {
  emptyTiles,
  type GenerationView,
  isGenerating,
  type Plan,
  type Tile,
  tilesOf,
} from "./generation-view";

export type GenerationAction =
  | { type: "submitted"; plan: Plan }
  | { type: "heard"; event: GenerationEvent }
  | { type: "cancel_requested" }
  | { type: "cancelled" }
  | { type: "failed"; failure: Failure };

export function reduceGeneration(
  view: GenerationView,
  action: GenerationAction,
): GenerationView {
  if (action.type === "submitted") return { status: "submitting", plan: action.plan };
  // What comes after the end is an echo: a stream cut by our own cancel, for example.
  if (view.status === "idle" || !isGenerating(view)) return view;
  const { plan } = view;
  switch (action.type) {
    case "heard":
      return afterEvent(view, action.event);
    case "cancel_requested":
      return { status: "cancelling", plan, tiles: tilesOf(view) };
    case "cancelled":
      return { status: "cancelled", plan, tiles: tilesOf(view) };
    case "failed":
      return { status: "failed", plan, tiles: tilesOf(view), failure: action.failure };
  }
}

type Active = Exclude<GenerationView, { status: "idle" }>;

function afterEvent(view: Active, event: GenerationEvent): GenerationView {
  const { plan } = view;
  switch (event.event) {
    case "completed":
      return completed(event.data, tilesOf(view));
    case "failed":
      return {
        status: "failed",
        plan,
        tiles: tilesOf(view),
        failure: failureFromProblem(event.data),
      };
    case "cancelled":
      return { status: "cancelled", plan, tiles: tilesOf(view) };
    case "snapshot":
      return view.status === "cancelling" ? view : fromSnapshot(event.data);
    case "queued":
      if (view.status === "submitting") return { ...view, place: event.data };
      if (view.status !== "queued") return view;
      return { ...view, position: event.data.position, etaS: event.data.eta_s };
    case "started":
      if (view.status !== "queued") return view;
      return denoising(view.plan, view.id, {
        step: 0,
        numInferenceSteps: view.numInferenceSteps,
        etaS: view.etaS,
      });
    case "progress": {
      if (!("id" in view)) return view;
      const { step, num_inference_steps: total, eta_s: etaS } = event.data;
      const tiles = tilesOf(view);
      if (step >= total) return { status: "decoding", plan, id: view.id, tiles };
      return {
        ...denoising(plan, view.id, { step, numInferenceSteps: total, etaS }),
        tiles,
      };
    }
    case "preview":
      return withTile(view, event.data.index, { preview: event.data.image });
    case "image":
      return withTile(view, event.data.index, { url: apiUrl(event.data.url) });
  }
}

function fromSnapshot(generation: Generation): GenerationView {
  const { id, parameters } = generation;
  const { prompt, width, height, num_images: numImages } = parameters;
  const plan = { prompt, width, height, numImages };
  const numInferenceSteps = parameters.num_inference_steps;
  switch (generation.status) {
    case "queued": {
      const { position, eta_s: etaS } = generation;
      return { status: "queued", plan, id, position, etaS, numInferenceSteps };
    }
    case "running": {
      const { step, eta_s: etaS } = generation;
      return denoising(plan, id, { step, numInferenceSteps, etaS });
    }
    case "completed":
      return completed(generation, emptyTiles(plan));
    case "failed": {
      const failure = failureFromProblem(generation.problem);
      return { status: "failed", plan, tiles: emptyTiles(plan), failure };
    }
    case "cancelled":
      return { status: "cancelled", plan, tiles: emptyTiles(plan) };
  }
}

type Progress = { step: number; numInferenceSteps: number; etaS: number | null };

function denoising(plan: Plan, id: string, progress: Progress) {
  return {
    status: "denoising" as const,
    plan,
    id,
    tiles: emptyTiles(plan),
    ...progress,
  };
}

function completed(generation: CompletedGeneration, tiles: Tile[]): GenerationView {
  const { prompt, width, height, num_images: numImages } = generation.parameters;
  return {
    status: "completed",
    plan: { prompt, width, height, numImages },
    // The last preview stays below each image until that has loaded.
    tiles: generation.images.map(({ index, url }) => ({
      preview: tiles[index]?.preview ?? null,
      url: apiUrl(url),
    })),
    generation,
  };
}

function withTile(view: Active, index: number, change: Partial<Tile>): GenerationView {
  switch (view.status) {
    case "denoising":
    case "decoding":
    case "cancelling": {
      const tiles = view.tiles.map((tile, at) =>
        at === index ? { ...tile, ...change } : tile,
      );
      return { ...view, tiles };
    }
    default:
      return view;
  }
}
