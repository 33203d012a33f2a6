"use client";

import { useEffect, useState } from "react";
import { fetchModels } from "@/lib/api/client";
import type { ModelDocument } from "@/lib/api/generated";

const RETRY_MS = 2_000;

/**
 * What the models can do, or null until it is known.
 *
 * Asked anew each time the server becomes ready, since it may have come back with
 * another model; what was known stays while it is away.
 */
export function useModels(isServerReady: boolean): ModelDocument[] | null {
  const [models, setModels] = useState<ModelDocument[] | null>(null);

  useEffect(() => {
    if (!isServerReady) return;
    const asking = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;

    async function ask() {
      try {
        setModels(await fetchModels(asking.signal));
      } catch {
        if (!asking.signal.aborted) timer = setTimeout(ask, RETRY_MS);
      }
    }

    void ask();
    return () => {
      asking.abort();
      clearTimeout(timer);
    };
  }, [isServerReady]);

  return models;
}
