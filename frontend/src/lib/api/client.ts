/** The studio's calls to the gateway, all through its own origin. */

import { type Failure, failureFromResponse, failureWithoutAnswer } from "./failure";
import type {
  GatewayHealth,
  Generation,
  GenerationRequest,
  ModelDocument,
  ModelList,
} from "./generated";

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
 * Ask for a generation that goes on whether or not anybody follows it.
 *
 * @param key asking again with the same one finds the same generation.
 * @returns how it stands; as soon as a server has taken it.
 * @throws CallFailed if none did.
 */
export async function submitGeneration(
  request: GenerationRequest,
  key: string,
): Promise<Generation> {
  const response = await call("/generate", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      prefer: "respond-async",
      "idempotency-key": key,
    },
    body: JSON.stringify(request),
  });
  return await response.json();
}

/** @throws CallFailed, of the kind `expired` where nobody knows it any more. */
export async function fetchGeneration(
  id: string,
  signal: AbortSignal,
): Promise<Generation> {
  const path = `/generations/${encodeURIComponent(id)}`;
  return await (await call(path, { signal, cache: "no-store" })).json();
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
