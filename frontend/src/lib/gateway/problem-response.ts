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

export function invalidRequest(
  requestId: string,
  {
    status = 422,
    param,
    detail,
  }: { status?: 400 | 422; param: string; detail: string },
): Response {
  return problemResponse({
    type: "urn:easel:problem:invalid_request",
    title: "Invalid request",
    status,
    detail,
    code: "invalid_request",
    request_id: requestId,
    param,
  });
}

export function unauthorized(requestId: string, detail: string): Response {
  return problemResponse({
    type: "urn:easel:problem:unauthorized",
    title: "Unauthorized",
    status: 401,
    detail,
    code: "unauthorized",
    request_id: requestId,
  });
}

export function forbidden(requestId: string, detail: string): Response {
  return problemResponse({
    type: "urn:easel:problem:forbidden",
    title: "Forbidden",
    status: 403,
    detail,
    code: "forbidden",
    request_id: requestId,
  });
}

/** A call that another site's page makes through a person's browser. */
export function foreignOrigin(requestId: string): Response {
  return forbidden(
    requestId,
    "This call comes from a page of another origin. If it does not, a proxy before the " +
      "studio hides its name: have it pass on Host or X-Forwarded-Host.",
  );
}

/** nginx's number for a client that left; nobody is there to read it. */
export function nobodyIsThere(): Response {
  return new Response(null, { status: 499 });
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
