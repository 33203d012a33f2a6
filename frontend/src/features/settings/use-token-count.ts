"use client";

import { useEffect, useState } from "react";
import { apiUrl } from "@/lib/api/client";
import type { ModelDocument } from "@/lib/api/generated";

export type TokenCount = {
  tokens: number;
  /** How many the model reads. */
  limit: number;
  isCut: boolean;
};

const QUIET_MS = 400;

// Models whose servers have said that they do not count.
const uncounted = new Set<string>();

/**
 * How much of what the model reads the prompt takes up, counted by the model's own
 * tokenizer once the typing pauses; null while it is not known.
 *
 * @param prompt as it would be sent, style included.
 */
export function useTokenCount(
  model: ModelDocument | null,
  prompt: string,
): TokenCount | null {
  const [count, setCount] = useState<TokenCount | null>(null);
  const modelId = model?.max_prompt_tokens ? model.id : null;

  useEffect(() => {
    if (!modelId || !prompt || uncounted.has(modelId)) {
      setCount(null);
      return;
    }
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      const counted = await countTokens(modelId, prompt, abort.signal);
      if (!abort.signal.aborted) setCount(counted);
    }, QUIET_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [modelId, prompt]);

  return count;
}

/** Null where it cannot be known: the count is a help, its absence no news. */
async function countTokens(
  modelId: string,
  prompt: string,
  signal: AbortSignal,
): Promise<TokenCount | null> {
  try {
    const path = `/models/${encodeURIComponent(modelId)}/tokens`;
    const answer = await fetch(apiUrl(path), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ prompt }),
      signal,
    });
    // An older gateway: it would refuse each keystroke anew.
    if (answer.status === 404 || answer.status === 405) uncounted.add(modelId);
    return answer.ok ? readTokenCount(await answer.json()) : null;
  } catch {
    return null;
  }
}

/** Pure. Null if `body` is not a count of a model with a limit. */
export function readTokenCount(body: unknown): TokenCount | null {
  if (typeof body !== "object" || body === null) return null;
  const {
    tokens,
    max_prompt_tokens: limit,
    is_cut: isCut,
  }: Record<string, unknown> = {
    ...body,
  };
  if (typeof tokens !== "number" || typeof limit !== "number") return null;
  return { tokens, limit, isCut: isCut === true || tokens > limit };
}
