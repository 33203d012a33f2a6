/** What a page asks the gateway before it is sent, so that it comes with the answers. */

import type { FirstAnswers } from "@/lib/api/first-answers";
import type { GatewayHealth, ModelList } from "@/lib/api/generated";
import { askGateway, type Gateway, requestIdOf } from "./gateway";

/**
 * On behalf of whoever asks for the page, by `headers`.
 *
 * @param patience ends the waiting.
 * @returns null if there are none in time: the browser finds out why.
 */
export async function firstAnswers(
  headers: Headers,
  gateway: Gateway,
  patience: AbortSignal,
): Promise<FirstAnswers | null> {
  // Nothing but its headers is read.
  const request = new Request("http://studio/", { headers });
  // The log tells of an outage when the browser asks, which is right after this.
  const quiet = { ...gateway, onOutcome: () => {} };
  const ask = async <Answer>(path: string): Promise<Answer | null> => {
    const answer = await askGateway(quiet, request, requestIdOf(request), {
      path,
      headers: AS_JSON,
      signal: patience,
    });
    if (!answer.ok) {
      await answer.body?.cancel();
      return null;
    }
    return (await answer.json()) as Answer;
  };
  try {
    const [health, list] = await Promise.all([
      ask<GatewayHealth>("/health"),
      ask<ModelList>("/models"),
    ]);
    return health && { health, models: list?.models ?? null };
  } catch {
    return null;
  }
}

// What the browser said of the page it wants, not of these.
const AS_JSON = {
  accept: "application/json",
  "if-none-match": null,
  "if-modified-since": null,
  range: null,
};
