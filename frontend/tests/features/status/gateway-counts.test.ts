import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { countsOf } from "@/features/status/gateway-counts";
import { parseExposition } from "@/features/status/prometheus";

function captured(name: string) {
  const path = join(import.meta.dirname, "fixtures", name);
  return countsOf(parseExposition(readFileSync(path, "utf8")));
}

test("a gateway of one process tells when it was started", () => {
  expect(captured("one-process.prom")).toEqual({
    startedAtS: 1795424303.6,
    turnedAway: 0,
  });
});

test("workers that count together do not", () => {
  expect(captured("two-workers.prom")).toEqual({ startedAtS: null, turnedAway: 0 });
});

test("turned away is whom the service had no server, room or time for, and nobody else", () => {
  const counts = countsOf(
    parseExposition(`
      easel_gateway_generations_in_flight 0
      easel_gateway_upstream_requests_total{outcome="answered"} 10
      easel_gateway_upstream_requests_total{outcome="unreachable"} 1
      easel_gateway_upstream_requests_total{outcome="unavailable"} 2
      easel_gateway_upstream_requests_total{outcome="timeout"} 3
      easel_gateway_upstream_requests_total{outcome="refused"} 40
      easel_gateway_upstream_requests_total{outcome="client_left"} 50`),
  );
  expect(counts?.turnedAway).toBe(6);
});

test.each(["", "<!doctype html>", "process_start_time_seconds 1"])(
  "%j is no gateway's",
  (text) => {
    expect(countsOf(parseExposition(text))).toBeNull();
  },
);
