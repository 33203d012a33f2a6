"use client";

import { useMemo } from "react";
import type { Ended } from "@/features/attention/news";
import { useLiveGenerations } from "@/features/generation/live-generations";

/** The generation that ended last, for whoever was not looking. */
export function useLastEnded(): Ended | null {
  const ended = useLiveGenerations((state) => state.lastEnded);
  return useMemo(() => {
    if (!ended) return null;
    const { key, view } = ended;
    const { prompt } = view.plan;
    switch (view.status) {
      case "completed":
        return { key, outcome: "done", prompt };
      case "failed":
        return { key, outcome: "failed", prompt };
      default:
        return null;
    }
  }, [ended]);
}
