"use client";

import { useCallback, useEffect, useReducer, useRef } from "react";
import { CallFailed, cancelGeneration, generate } from "@/lib/api/client";
import {
  type Failure,
  failureFromProblem,
  failureOfBrokenStream,
} from "@/lib/api/failure";
import type { GenerationRequest } from "@/lib/api/generated";
import { reduceGeneration } from "./generation-reducer";
import { type GenerationView, isGenerating, type Plan } from "./generation-view";

export type GenerationControl = {
  view: GenerationView;
  /** Resolves at the end: why it failed, or null if it did not. */
  start: (request: GenerationRequest, plan: Plan) => Promise<Failure | null>;
  cancel: () => Promise<void>;
};

/** One generation at a time, from the click to the picture. */
export function useGeneration(): GenerationControl {
  const [view, dispatch] = useReducer(reduceGeneration, { status: "idle" });
  const stream = useRef<AbortController | null>(null);

  useEffect(() => () => stream.current?.abort(), []);

  const start = useCallback(async (request: GenerationRequest, plan: Plan) => {
    stream.current?.abort();
    const opened = new AbortController();
    stream.current = opened;
    dispatch({ type: "submitted", plan });

    const fail = (failure: Failure) => {
      dispatch({ type: "failed", failure });
      return failure;
    };
    try {
      for await (const event of generate(request, opened.signal)) {
        if (opened.signal.aborted) return null;
        dispatch({ type: "heard", event });
        if (event.event === "failed") return failureFromProblem(event.data);
        if (event.event === "completed" || event.event === "cancelled") return null;
      }
    } catch (error) {
      if (opened.signal.aborted) return null;
      if (error instanceof CallFailed) return fail(error.failure);
      throw error;
    }
    // The stream ended, but the generation did not.
    return fail(failureOfBrokenStream(navigator.onLine));
  }, []);

  const id = "id" in view ? view.id : null;
  const canCancel = isGenerating(view) && view.status !== "cancelling";
  const cancel = useCallback(async () => {
    const opened = stream.current;
    if (!canCancel || !opened) return;
    dispatch({ type: "cancel_requested" });
    // Hanging up cancels as well: what the answer is makes no difference here.
    if (id) await cancelGeneration(id).catch(() => {});
    opened.abort();
    dispatch({ type: "cancelled" });
  }, [id, canCancel]);

  return { view, start, cancel };
}
