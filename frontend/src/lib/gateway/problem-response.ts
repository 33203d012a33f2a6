/** The studio server's own errors, in the one shape that all tiers use. */

import type { Problem } from "@/lib/api/generated";
import { GATEWAY_UNREACHABLE_TYPE } from "@/lib/api/problem";

export function gatewayUnreachable(requestId: string): Response {
  return problemResponse({
    type: GATEWAY_UNREACHABLE_TYPE,
    title: "Gateway unreachable",
    status: 502,
    detail: "Cannot connect to gateway",
    code: "upstream_unreachable",
    request_id: requestId,
  });
}

export function notFound(requestId: string): Response {
  return problemResponse({
    type: "urn:easel:problem:not_found",
    title: "Not found",
    status: 404,
    detail: "The studio forwards no such path.",
    code: "not_found",
    request_id: requestId,
  });
}

export function methodNotAllowed(
  requestId: string,
  allow: readonly string[],
): Response {
  const response = problemResponse({
    type: "urn:easel:problem:method_not_allowed",
    title: "Method not allowed",
    status: 405,
    detail: `Only ${allow.join(", ")} is possible at this path.`,
    code: "method_not_allowed",
    request_id: requestId,
  });
  response.headers.set("allow", allow.join(", "));
  return response;
}

function problemResponse(problem: Problem): Response {
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      "x-request-id": problem.request_id,
    },
  });
}
