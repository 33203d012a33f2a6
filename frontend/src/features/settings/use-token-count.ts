"use client";

import { useEffect, useState } from "react";
import { apiUrl } from "@/lib/api/client";
import type { ModelDocument } from "@/lib/api/generated";

export type TokenCount = {
  tokens: number;
  /** How many the model reads. */
  limit: number;
  isCut: boolean;
  /** The last words that are read of a prompt that is cut; null if it is not known. */
  lastWords: string | null;
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
    // An id may be made of several segments.
    const path = modelId.split("/").map(encodeURIComponent).join("/");
    const answer = await fetch(apiUrl(`/models/${path}/tokens`), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ prompt }),
      signal,
    });
    // An older gateway: it would refuse each keystroke anew.
    if (answer.status === 404 || answer.status === 405) uncounted.add(modelId);
    return answer.ok ? readTokenCount(await answer.json(), prompt) : null;
  } catch {
    return null;
  }
}

/**
 * Null if `body` is not a count of a model with a limit. Pure.
 *
 * @param prompt that was counted.
 */
export function readTokenCount(body: unknown, prompt: string): TokenCount | null {
  if (typeof body !== "object" || body === null) return null;
  const fields: Record<string, unknown> = { ...body };
  const { tokens, max_prompt_tokens: limit, used_characters: used } = fields;
  if (typeof tokens !== "number" || typeof limit !== "number") return null;
  const isCut = fields.is_cut === true || tokens > limit;
  const isCutAt = isCut && typeof used === "number";
  return { tokens, limit, isCut, lastWords: isCutAt ? lastWords(prompt, used) : null };
}

/** Enough to find the place; `used` counts code points. */
function lastWords(prompt: string, used: number): string | null {
  const read = [...prompt].slice(0, used).join("");
  return read.trim().split(/\s+/).slice(-3).join(" ") || null;
}
