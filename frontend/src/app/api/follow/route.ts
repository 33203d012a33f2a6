/** Several generations' events over one connection. */

import { configuredGateway } from "@/lib/gateway/configured-gateway";
import { follow } from "@/lib/gateway/follow";
import { requestIdOf } from "@/lib/gateway/gateway";
import { methodNotAllowed } from "@/lib/gateway/problem-response";

export function GET(request: Request): Promise<Response> {
  return follow(request, configuredGateway());
}

/** Left to itself, Next would answer it by GET, and nobody would read the stream. */
export function HEAD(request: Request): Response {
  return methodNotAllowed(requestIdOf(request), ["GET"]);
}
