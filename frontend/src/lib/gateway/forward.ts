/**
 * Carries one call of the browser to the gateway and its answer back.
 *
 * Both bodies are streamed, never held. Next's `rewrites` cannot do this: they
 * buffer server-sent events under gzip and cut silent answers after 30 s.
 */

import { Agent, type BodyInit, fetch } from "undici";
import { judgePath } from "./allowed-paths";
import { requestHeaders, responseHeaders } from "./hop-headers";
import { gatewayUnreachable, methodNotAllowed, notFound } from "./problem-response";

// Node's own fetch gives up after 300 s without headers or between two chunks. How
// long a generation may take is the gateway's decision (REQUEST_TIMEOUT).
const dispatcher = new Agent({
  headersTimeout: 0,
  bodyTimeout: 0,
  connect: { timeout: 5_000 },
});

/**
 * @param gatewayUrl base URL, with or without a path of its own.
 * @param onOutcome told after each attempt whether the gateway answered, and if not, why.
 * @param apiKey that the gateway asks for, if it does; browsers never see it.
 */
export async function forward(
  request: Request,
  gatewayUrl: string,
  onOutcome: (failure: unknown) => void = () => {},
  apiKey?: string,
): Promise<Response> {
  const requestId = request.headers.get("x-request-id") ?? crypto.randomUUID();
  const { pathname, search } = new URL(request.url);
  const verdict = judgePath(request.method, pathname);
  switch (verdict.kind) {
    case "unknown":
      return notFound(requestId);
    case "wrong_method":
      return methodNotAllowed(requestId, verdict.allow);
    case "allowed":
  }
  // Here and below: undici and the platform declare the same web stream twice.
  try {
    const target = gatewayUrl.replace(/\/+$/, "") + verdict.path + search;
    const answer = await fetch(target, {
      method: request.method,
      headers: [...requestHeaders(request.headers, requestId, apiKey)],
      body: request.body as BodyInit | null,
      duplex: "half",
      redirect: "manual",
      // A closed tab hangs up on the gateway too, which frees the GPU.
      signal: request.signal,
      dispatcher,
    });
    onOutcome(null);
    const body = answer.body as ReadableStream<Uint8Array> | null;
    return new Response(body, {
      status: answer.status,
      headers: responseHeaders(answer.headers),
    });
  } catch (error) {
    // nginx's number for a client that left; nobody is there to read it.
    if (request.signal.aborted) return new Response(null, { status: 499 });
    onOutcome(error);
    return gatewayUnreachable(requestId);
  }
}
