/** Progress in words, for the eye and for the ear. Pure. */

import { counted, fill } from "@/lib/words/format";
import type { Words } from "@/lib/words/words";
import { failureWords } from "./failure-words";
import type { GenerationView } from "./generation-view";

/** Rounded to what a person can use: nobody waits for 41.7 seconds. */
export function etaWords(etaS: number | null, { generation }: Words): string {
  const { eta } = generation;
  if (etaS === null) return eta.unknown;
  if (etaS < 1.5) return eta.second;
  if (etaS < 60) return fill(eta.seconds, { seconds: Math.round(etaS) });
  const minutes = Math.round(etaS / 60);
  return minutes === 1 ? eta.minute : fill(eta.minutes, { minutes });
}

export function placeWords(position: number, { generation }: Words): string {
  return position === 1 ? generation.next : fill(generation.place, { position });
}

/**
 * What a screen reader is told.
 *
 * The text changes at a few milestones only, so a live region that holds it speaks
 * seldom: at the start, at each quarter, and at the end.
 */
export function announcement(view: GenerationView, words: Words): string {
  const { spoken } = words.generation;
  switch (view.status) {
    case "cancelling":
    case "submitting":
      return "";
    case "queued":
      return spoken.waiting;
    case "denoising": {
      const quarter = Math.floor((4 * view.step) / view.numInferenceSteps);
      return quarter === 0
        ? spoken.begun
        : fill(spoken.percent, { percent: quarter * 25 });
    }
    case "decoding":
      return fill(spoken.percent, { percent: 75 });
    case "completed":
      return counted(spoken.ready, view.generation.images.length, words.language);
    case "cancelled":
      return spoken.cancelled;
    case "failed": {
      const { title, advice } = failureWords(view.failure, words);
      return `${title}. ${advice}`;
    }
  }
}
