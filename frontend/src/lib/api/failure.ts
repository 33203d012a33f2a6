/**
 * Why a call did not succeed, as the studio tells kinds of trouble apart.
 *
 * One member for each thing that a person can do something different about.
 */

import type { Problem } from "./generated";
import { GATEWAY_UNREACHABLE_TYPE, readProblem } from "./problem";

export type FailureKind =
  | "offline"
  | "studio_unreachable"
  | "gateway_unreachable"
  | "interrupted"
  | "server_unreachable"
  | "server_timeout"
  | "server_unavailable"
  | "busy"
  | "key_needed"
  | "quota_used_up"
  | "model_loading"
  | "out_of_memory"
  | "invalid_request"
  | "expired"
  | "unexpected";

export type Failure = {
  kind: FailureKind;
  /** What the tier that failed said, if it said anything. */
  detail: string | null;
  requestId: string | null;
  /** The request's field that is wrong. */
  param: string | null;
  /** Seconds from the moment of the answer. */
  retryAfterS: number | null;
};

const NOTHING_KNOWN = {
  detail: null,
  requestId: null,
  param: null,
  retryAfterS: null,
} as const;

/** A call that never got an answer; `isOnline` is what the browser says of itself. */
export function failureWithoutAnswer(isOnline: boolean): Failure {
  // Behind our own origin is the studio's server; it would have answered for the rest.
  return { ...NOTHING_KNOWN, kind: isOnline ? "studio_unreachable" : "offline" };
}

/** A stream that ended before the generation did. */
export function failureOfBrokenStream(isOnline: boolean): Failure {
  return { ...NOTHING_KNOWN, kind: isOnline ? "interrupted" : "offline" };
}

export async function failureFromResponse(response: Response): Promise<Failure> {
  const problem = await readProblem(response);
  if (problem) return failureFromProblem(problem);
  return {
    ...NOTHING_KNOWN,
    kind: kindOfStatus(response.status),
    detail: `The answer was not what the studio expects (status ${response.status}).`,
    requestId: response.headers.get("x-request-id"),
    retryAfterS: seconds(response.headers.get("retry-after")),
  };
}

export function failureFromProblem(problem: Problem): Failure {
  return {
    kind: kindOfProblem(problem),
    detail: problem.detail,
    requestId: problem.request_id,
    param: problem.param ?? null,
    retryAfterS: problem.retry_after_s ?? null,
  };
}

function kindOfProblem(problem: Problem): FailureKind {
  switch (problem.code) {
    case "upstream_unreachable":
      return problem.type === GATEWAY_UNREACHABLE_TYPE
        ? "gateway_unreachable"
        : "server_unreachable";
    case "upstream_timeout":
      return "server_timeout";
    case "upstream_unavailable":
      // With a time to come back it is full, without one it is down.
      return problem.retry_after_s == null ? "server_unavailable" : "busy";
    case "queue_full":
    case "queue_timeout":
    case "evicted_from_queue":
    case "deadline_unreachable":
    case "rate_limited":
    case "too_many_concurrent":
      return "busy";
    case "quota_exceeded":
      return "quota_used_up";
    case "model_loading":
      return "model_loading";
    case "server_stopping":
      return "server_unavailable";
    case "out_of_memory":
      return "out_of_memory";
    case "generation_not_found":
      return "expired";
    case "invalid_request":
      return "invalid_request";
    default:
      return kindOfStatus(problem.status);
  }
}

function kindOfStatus(status: number): FailureKind {
  switch (status) {
    case 401:
    case 403:
      return "key_needed";
    case 422:
      return "invalid_request";
    case 429:
      return "busy";
    case 502:
      return "server_unreachable";
    case 503:
      return "server_unavailable";
    case 504:
      return "server_timeout";
    default:
      return "unexpected";
  }
}

/** Retry-After may also be a date; then the wait is simply not known. */
function seconds(retryAfter: string | null): number | null {
  return retryAfter && /^\d+$/.test(retryAfter) ? Number(retryAfter) : null;
}
