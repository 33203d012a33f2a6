/** The gateway as the studio's server asks it. */

import {
  Agent,
  type BodyInit,
  type Dispatcher,
  fetch,
  type Response as GatewayResponse,
} from "undici";
import { keyOf } from "./access-key";
import { requestHeaders } from "./hop-headers";

export type Gateway = {
  /** Base URL, with or without a path of its own. */
  url: string;
  /** The studio's own key, for everybody who uses it; browsers never see it. */
  apiKey: string | null;
  /** Told after each attempt whether the gateway answered, and if not, why. */
  onOutcome: (failure: unknown) => void;
};

/** Connections that may be silent for `silenceMs` before and in an answer; 0: for ever. */
export function connections(silenceMs: number): Dispatcher {
  return new Agent({
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
    connect: { timeout: 5_000 },
  });
}

// Node's own fetch gives up after 300 s without headers or between two chunks. How
// long a generation may take is the gateway's decision (REQUEST_TIMEOUT).
const patient = connections(0);

type Call = {
  /** Below the gateway's root, with its query. */
  path: string;
  method?: string;
  /** In place of what the browser sent; null: left out. */
  headers?: Record<string, string | null>;
  body?: Request["body"];
  signal: AbortSignal;
  connections?: Dispatcher;
};

/**
 * One call on behalf of `request`: with its headers, its request id and its key.
 *
 * @throws what fetch throws if there is no answer; `onOutcome` is told, unless it was
 *   `signal` that ended the call.
 */
export async function askGateway(
  gateway: Gateway,
  request: Request,
  requestId: string,
  call: Call,
): Promise<GatewayResponse> {
  const headers = requestHeaders(request.headers, requestId, keyOf(request, gateway));
  for (const [name, value] of Object.entries(call.headers ?? {})) {
    if (value === null) headers.delete(name);
    else headers.set(name, value);
  }
  try {
    const answer = await fetch(gateway.url.replace(/\/+$/, "") + call.path, {
      method: call.method ?? "GET",
      headers: [...headers],
      // undici and the platform declare the same web stream twice.
      body: (call.body ?? null) as BodyInit | null,
      duplex: "half",
      redirect: "manual",
      signal: call.signal,
      dispatcher: call.connections ?? patient,
    });
    gateway.onOutcome(null);
    return answer;
  } catch (error) {
    if (!call.signal.aborted) gateway.onOutcome(error);
    throw error;
  }
}

/** The browser's request id, or a new one. */
export function requestIdOf(request: Request): string {
  return request.headers.get("x-request-id") ?? crypto.randomUUID();
}
