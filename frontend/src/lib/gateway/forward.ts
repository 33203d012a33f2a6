/**
 * Carries one call of the browser to the gateway and its answer back.
 *
 * Both bodies are streamed, never held. Next's `rewrites` cannot do this: they
 * buffer server-sent events under gzip and cut silent answers after 30 s.
 */

import { judgePath } from "./allowed-paths";
import { askGateway, type Gateway, requestIdOf } from "./gateway";
import { responseHeaders } from "./hop-headers";
import {
  foreignOrigin,
  gatewayUnreachable,
  methodNotAllowed,
  nobodyIsThere,
  notFound,
} from "./problem-response";
import { isForeign } from "./same-origin";

export async function forward(request: Request, gateway: Gateway): Promise<Response> {
  const requestId = requestIdOf(request);
  if (isForeign(request)) return foreignOrigin(requestId);
  const { pathname, search } = new URL(request.url);
  const verdict = judgePath(request.method, pathname);
  switch (verdict.kind) {
    case "unknown":
      return notFound(requestId);
    case "wrong_method":
      return methodNotAllowed(requestId, verdict.allow);
    case "allowed":
  }
  try {
    const answer = await askGateway(gateway, request, requestId, {
      path: verdict.path + search,
      method: request.method,
      body: request.body,
      // A closed tab hangs up on the gateway too, which frees the GPU.
      signal: request.signal,
    });
    // undici and the platform declare the same web stream twice.
    return new Response(answer.body as ReadableStream<Uint8Array> | null, {
      status: answer.status,
      headers: responseHeaders(answer.headers),
    });
  } catch {
    if (request.signal.aborted) return nobodyIsThere();
    return gatewayUnreachable(requestId);
  }
}
