/** Progress in words, for the eye and for the ear. Pure. */

import { failureWords } from "./failure-words";
import type { GenerationView } from "./generation-view";

/** Rounded to what a person can use: nobody waits for 41.7 seconds. */
export function etaWords(etaS: number | null): string {
  if (etaS === null) return "estimating the time";
  if (etaS < 1.5) return "about a second left";
  if (etaS < 60) return `about ${Math.round(etaS)} s left`;
  const minutes = Math.round(etaS / 60);
  return minutes === 1 ? "about a minute left" : `about ${minutes} min left`;
}

export function durationWords(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

export function placeWords(position: number): string {
  return position === 1 ? "Next in the queue" : `Place ${position} in the queue`;
}

/**
 * What a screen reader is told.
 *
 * The text changes at a few milestones only, so a live region that holds it speaks
 * seldom: at the start, at each quarter, and at the end.
 */
export function announcement(view: GenerationView): string {
  switch (view.status) {
    case "idle":
    case "cancelling":
      return "";
    case "submitting":
      return view.place ? "Waiting in the queue." : "";
    case "queued":
      return "Waiting in the queue.";
    case "denoising": {
      const quarter = Math.floor((4 * view.step) / view.numInferenceSteps);
      return quarter === 0 ? "Painting has begun." : `${quarter * 25} percent painted.`;
    }
    case "decoding":
      return "75 percent painted.";
    case "completed": {
      const { length } = view.generation.images;
      return length === 1 ? "The picture is ready." : `${length} pictures are ready.`;
    }
    case "cancelled":
      return "Cancelled.";
    case "failed": {
      const { title, advice } = failureWords(view.failure);
      return `${title}. ${advice}`;
    }
  }
}
