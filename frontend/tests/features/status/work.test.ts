import { expect, test } from "vitest";
import { workOf } from "@/features/status/work";
import { health, replica } from "../health";

const QUEUE = { in_flight: 5, max_in_flight: 10, waiting: 3, max_waiting: 40 };

test("what servers hold counts with what waits at the gateway", () => {
  const replicas = [
    replica({ running: 2, queued: 4 }),
    replica({ running: 1, queued: 0 }),
  ];
  expect(workOf(health({ queue: QUEUE, replicas }))).toEqual({
    running: 3,
    waiting: 7,
  });
});

test("a server that is away adds nothing", () => {
  const replicas = [replica({ running: 2, queued: 0 }), replica({ running: null })];
  expect(workOf(health({ queue: QUEUE, replicas }))).toEqual({
    running: 2,
    waiting: 3,
  });
});

test("where no server tells, the gateway's own count stands in", () => {
  expect(workOf(health({ queue: QUEUE }))).toEqual({ running: 5, waiting: 3 });
});
