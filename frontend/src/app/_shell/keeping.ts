"use client";

import { useEffect } from "react";
import { showToast } from "@/components/toasts";
import {
  resumeGenerations,
  useLiveGenerations,
  whenCompleted,
} from "@/features/generation/live-generations";
import { keepGeneration } from "@/lib/pictures/keep-generation";
import { openLibrary } from "@/lib/pictures/library";
import { counted } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import { showLive } from "../_studio/shown";

/** Puts what is painted into the library, and finds again what ran before a reload. */
export function useKeeping(): void {
  const { app, language } = useWords();

  useEffect(() => {
    void openLibrary();
    return whenCompleted(async (generation) => {
      const { missed } = await keepGeneration(generation);
      if (missed.length === 0) return;
      showToast(counted(app.toasts.notKept, missed.length, language));
    });
  }, [app, language]);

  useEffect(() => {
    void resumeGenerations().then(() => {
      const newest = useLiveGenerations.getState().generations.at(-1);
      if (newest) showLive(newest.key);
    });
  }, []);
}
