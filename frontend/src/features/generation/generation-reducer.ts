/** How a generation's view changes with each event. Pure. */

import { apiUrl } from "@/lib/api/client";
import { type Failure, failureFromProblem } from "@/lib/api/failure";
import type { CompletedGeneration, Generation, Parameters } from "@/lib/api/generated";
import type { GenerationEvent } from "@/lib/api/generation-events";
import {
  emptyTiles,
  type GenerationView,
  idOf,
  isGenerating,
  type Plan,
  type Tile,
  tilesOf,
} from "./generation-view";

export type GenerationAction =
  | { type: "heard"; event: GenerationEvent }
  | { type: "cancel_requested" }
  | { type: "cancelled" }
  | { type: "failed"; failure: Failure };

// The first step is slower than the others, and one says nothing about the pace.
const STEPS_BEFORE_ETA = 2;

export function reduceGeneration(
  view: GenerationView,
  action: GenerationAction,
): GenerationView {
  // What comes after the end is an echo, of a stream that is opened again for example.
  if (!isGenerating(view)) return view;
  const { plan } = view;
  const tiles = tilesOf(view);
  switch (action.type) {
    case "heard":
      return afterEvent(view, action.event);
    case "cancel_requested":
      return { status: "cancelling", plan, tiles, id: idOf(view) };
    case "cancelled":
      return { status: "cancelled", plan, tiles };
    case "failed":
      return { status: "failed", plan, tiles, failure: action.failure };
  }
}

function afterEvent(view: GenerationView, event: GenerationEvent): GenerationView {
  const { plan } = view;
  const tiles = tilesOf(view);
  switch (event.event) {
    case "completed":
      return completed(event.data, tiles);
    case "failed": {
      const failure = failureFromProblem(event.data);
      return { status: "failed", plan, tiles, failure };
    }
    case "cancelled":
      return { status: "cancelled", plan, tiles };
    case "snapshot":
      return afterSnapshot(view, event.data);
    case "queued":
      if (view.status !== "queued") return view;
      return { ...view, position: event.data.position, etaS: event.data.eta_s };
    case "started":
      if (view.status !== "queued") return view;
      return denoising(view, { plan, id: view.id, tiles }, [
        0,
        view.numInferenceSteps,
        null,
      ]);
    case "progress": {
      const id = idOf(view);
      if (id === null || view.status === "cancelling") return view;
      const { step, num_inference_steps: total, eta_s: etaS } = event.data;
      // Told again, behind a snapshot that is newer.
      if (view.status === "denoising" && step < view.step) return view;
      if (step >= total) return { status: "decoding", plan, id, tiles };
      return denoising(view, { plan, id, tiles }, [step, total, etaS]);
    }
    case "preview":
      return withTile(view, event.data.index, { preview: event.data.image });
    case "image":
      return withTile(view, event.data.index, { url: apiUrl(event.data.url) });
  }
}

/** How it stands, at the beginning of every stream: what was seen of it stays seen. */
function afterSnapshot(view: GenerationView, generation: Generation): GenerationView {
  const { id, parameters } = generation;
  const plan = planOf(parameters);
  const known = tilesOf(view);
  const tiles = known.length === plan.numImages ? known : emptyTiles(plan);
  const numInferenceSteps = parameters.num_inference_steps;
  if (view.status === "cancelling" && isOpen(generation)) return { ...view, id };
  switch (generation.status) {
    case "queued": {
      const { position, eta_s: etaS } = generation;
      return { status: "queued", plan, id, tiles, position, etaS, numInferenceSteps };
    }
    case "running": {
      const { step, eta_s: etaS } = generation;
      if (step >= numInferenceSteps) return { status: "decoding", plan, id, tiles };
      return denoising(view, { plan, id, tiles }, [step, numInferenceSteps, etaS]);
    }
    case "completed":
      return completed(generation, tiles);
    case "failed": {
      const failure = failureFromProblem(generation.problem);
      return { status: "failed", plan, tiles, failure };
    }
    case "cancelled":
      return { status: "cancelled", plan, tiles };
  }
}

function isOpen({ status }: Generation): boolean {
  return status === "queued" || status === "running";
}

function planOf(parameters: Parameters): Plan {
  const { prompt, width, height, num_images: numImages } = parameters;
  return { prompt, width, height, numImages };
}

type Known = { plan: Plan; id: string; tiles: Tile[] };
type Progress = [step: number, numInferenceSteps: number, etaS: number | null];

/** The time that is left is not told before it is known, and never grows again. */
function denoising(
  before: GenerationView,
  known: Known,
  [step, numInferenceSteps, etaS]: Progress,
): GenerationView {
  const told = before.status === "denoising" ? before.etaS : null;
  const honest = step < STEPS_BEFORE_ETA ? null : etaS;
  return {
    status: "denoising",
    ...known,
    step,
    numInferenceSteps,
    etaS: honest !== null && told !== null ? Math.min(honest, told) : honest,
  };
}

function completed(generation: CompletedGeneration, tiles: Tile[]): GenerationView {
  return {
    status: "completed",
    plan: planOf(generation.parameters),
    // The last preview stays below each image until that has loaded.
    tiles: generation.images.map(({ index, url }) => ({
      preview: tiles[index]?.preview ?? null,
      url: apiUrl(url),
    })),
    generation,
  };
}

function withTile(
  view: GenerationView,
  index: number,
  change: Partial<Tile>,
): GenerationView {
  switch (view.status) {
    case "queued":
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
