/** Problem documents (RFC 9457) as every tier answers them. */

import type { Problem } from "./generated";

/** Tells the studio's own 502 from the gateway's, which has the same code. */
export const GATEWAY_UNREACHABLE_TYPE = "urn:easel:problem:gateway_unreachable";

/** The problem in `response`, or null if something else answered (a proxy, a bug). */
export async function readProblem(response: Response): Promise<Problem | null> {
  try {
    const body: unknown = await response.json();
    return isProblem(body) ? body : null;
  } catch {
    return null;
  }
}

export function isProblem(body: unknown): body is Problem {
  return (
    typeof body === "object" &&
    body !== null &&
    "code" in body &&
    typeof body.code === "string" &&
    "detail" in body &&
    typeof body.detail === "string"
  );
}
