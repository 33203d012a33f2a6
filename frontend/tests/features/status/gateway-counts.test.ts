import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { countsOf } from "@/features/status/gateway-counts";
import { parseExposition } from "@/features/status/prometheus";
import { countOf } from "@/features/status/quantiles";

function captured(name: string) {
  const path = join(import.meta.dirname, "fixtures", name);
  return countsOf(parseExposition(readFileSync(path, "utf8")));
}

test("a gateway of one process tells its numbers and when it was started", () => {
  const counts = captured("one-process.prom");
  expect(counts).toMatchObject({
    startedAtS: 1795424303.6,
    inFlight: 2,
    waiting: 0,
    totals: { images: 34, answered: 18, failed: 0, refused: 1 },
  });
  // Of /generate alone: 18 that painted and the one that was refused.
  expect(counts && countOf(counts.totals.durations)).toBe(19);
});

test("workers that count together tell the same, but not when they were started", () => {
  const counts = captured("two-workers.prom");
  expect(counts).toMatchObject({
    startedAtS: null,
    totals: { images: 4, answered: 4, failed: 0, refused: 0 },
  });
  expect(counts && countOf(counts.totals.durations)).toBe(4);
});

test("failures are what the service could not do, not what callers did", () => {
  const counts = countsOf(
    parseExposition(`
      easel_gateway_images_total 0
      easel_gateway_generations_in_flight 0
      easel_gateway_queue_depth 0
      easel_gateway_upstream_requests_total{outcome="answered"} 10
      easel_gateway_upstream_requests_total{outcome="unreachable"} 1
      easel_gateway_upstream_requests_total{outcome="unavailable"} 2
      easel_gateway_upstream_requests_total{outcome="timeout"} 3
      easel_gateway_upstream_requests_total{outcome="refused"} 40
      easel_gateway_upstream_requests_total{outcome="client_left"} 50
      easel_gateway_requests_total{route="/generate",status="429"} 5
      easel_gateway_requests_total{route="/v1/images/generations",status="503"} 6
      easel_gateway_requests_total{route="/generate",status="504"} 7
      easel_gateway_requests_total{route="/generate",status="499"} 8
      easel_gateway_requests_total{route="/models",status="404"} 9`),
  );
  expect(counts?.totals).toMatchObject({ answered: 10, failed: 6, refused: 11 });
});

test.each(["", "<!doctype html>", "process_start_time_seconds 1"])(
  "%j is no gateway's",
  (text) => {
    expect(countsOf(parseExposition(text))).toBeNull();
  },
);
