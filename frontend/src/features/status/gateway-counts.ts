/** Of all that the gateway counts: what the status screen tells. Pure. */

import { type Exposition, type Labels, sumOf } from "./prometheus";
import { type Histogram, histogramOf } from "./quantiles";

export type GatewayCounts = {
  /** Seconds since 1970; null where several processes count together. */
  startedAtS: number | null;
  /** Passed on and not ended, now. */
  inFlight: number;
  /** In the gateway's queue, now. */
  waiting: number;
  totals: Totals;
};

/** All of them only grow, until a gateway is started again. */
export type Totals = {
  images: number;
  /** Generations that ended well, and those that the service could not do. */
  answered: number;
  failed: number;
  /** From a request to the last byte of its answer, by those that asked for pictures. */
  durations: Histogram;
  /** Of these answers: refused at once, so among the shortest and no pictures. */
  refused: number;
};

const PREFIX = "easel_gateway_";

// Ours, OpenAI's and AUTOMATIC1111's.
const PAINTING_ROUTES = new Set([
  "/generate",
  "/v1/images/generations",
  "/v1/images/edits",
  "/v1/images/variations",
  "/sdapi/v1/txt2img",
  "/sdapi/v1/img2img",
]);

// The caller's own doing (`refused`, `client_left`) is no failure of the service.
const FAILURES = new Set(["unreachable", "unavailable", "timeout"]);

// A client that left and a time that ran out: these answers were not short.
const SLOW_ERRORS = new Set(["408", "499", "504"]);

/** @returns null where these are not the metrics of a gateway. */
export function countsOf(exposition: Exposition): GatewayCounts | null {
  const sum = (name: string, isWanted?: (labels: Labels) => boolean) =>
    sumOf(exposition, PREFIX + name, isWanted);
  const images = sum("images_total");
  const inFlight = sum("generations_in_flight");
  const waiting = sum("queue_depth");
  if (images === null || inFlight === null || waiting === null) return null;
  return {
    startedAtS: sumOf(exposition, "process_start_time_seconds"),
    inFlight,
    waiting,
    totals: {
      images,
      answered:
        sum("upstream_requests_total", ({ outcome }) => outcome === "answered") ?? 0,
      failed:
        sum("upstream_requests_total", ({ outcome = "" }) => FAILURES.has(outcome)) ??
        0,
      durations: histogramOf(
        exposition,
        `${PREFIX}request_duration_seconds`,
        paintsPictures,
      ),
      refused:
        sum(
          "requests_total",
          (labels) => paintsPictures(labels) && isRefusal(labels),
        ) ?? 0,
    },
  };
}

function paintsPictures({ route = "" }: Labels): boolean {
  return PAINTING_ROUTES.has(route);
}

function isRefusal({ status = "" }: Labels): boolean {
  return Number(status) >= 400 && !SLOW_ERRORS.has(status);
}
