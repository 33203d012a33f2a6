/** The studio's calls to the gateway, all through its own origin. */

import {
  type Failure,
  failureFromResponse,
  failureOfBrokenStream,
  failureWithoutAnswer,
} from "./failure";
import type {
  GatewayHealth,
  GenerationRequest,
  ModelDocument,
  ModelList,
} from "./generated";
import type { GenerationEvent } from "./generation-events";
import { readGenerationEvents } from "./read-events";

const ROOT = "/api";

/** Where the browser finds what the gateway calls `/generations/…`. */
export function apiUrl(path: string): string {
  return ROOT + path;
}

export class CallFailed extends Error {
  constructor(readonly failure: Failure) {
    super(failure.detail ?? failure.kind);
  }
}

export async function fetchHealth(signal: AbortSignal): Promise<GatewayHealth> {
  return (await call("/health", { signal, cache: "no-store" })).json();
}

export async function fetchModels(signal: AbortSignal): Promise<ModelDocument[]> {
  const list: ModelList = await (await call("/models", { signal })).json();
  return list.models;
}

/**
 * Start a generation and follow it to its end.
 *
 * @param signal hangs up, which cancels the generation.
 * @throws CallFailed before the first event, or when the stream breaks.
 */
export async function* generate(
  request: GenerationRequest,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent, void> {
  const response = await call("/generate", {
    method: "POST",
    headers: { accept: "text/event-stream", "content-type": "application/json" },
    body: JSON.stringify(request),
    signal,
  });
  if (!response.body) throw new CallFailed(failureOfBrokenStream(navigator.onLine));
  try {
    yield* readGenerationEvents(response.body);
  } catch {
    signal.throwIfAborted();
    throw new CallFailed(failureOfBrokenStream(navigator.onLine));
  }
}

export async function cancelGeneration(id: string): Promise<void> {
  await call(`/generations/${encodeURIComponent(id)}`, { method: "DELETE" });
}

export async function call(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(apiUrl(path), init);
  } catch {
    init.signal?.throwIfAborted();
    throw new CallFailed(failureWithoutAnswer(navigator.onLine));
  }
  if (!response.ok) throw new CallFailed(await failureFromResponse(response));
  return response;
}
