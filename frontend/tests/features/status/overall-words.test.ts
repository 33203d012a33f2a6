import { expect, test } from "vitest";
import { overallWords } from "@/features/status/overall-words";
import { en } from "@/lib/words/en";
import { health, recent, replica } from "../health";

test("a service that is well says what a picture takes", () => {
  const well = health({ recent: recent({ generation_seconds: { p50: 4.2, p95: 9 } }) });
  expect(overallWords({ status: "ready", health: well }, en)).toEqual({
    tone: "good",
    sentence: "All is well: a picture takes about 4.2\u00a0s.",
  });
});

test.each([
  ["that have just begun", recent({ generation_seconds: null })],
  ["that are away", null],
  ["of an older version", undefined],
])("what a picture takes is not known of servers %s", (_, told) => {
  const { tone, sentence } = overallWords(
    { status: "ready", health: health({ recent: told }) },
    en,
  );
  expect(tone).toBe("good");
  expect(sentence).toBe("All is well. How long a picture takes is not known yet.");
});

test("what waits at a server waits, too", () => {
  const replicas = [replica({ running: 1, queued: 2 }), replica()];
  expect(
    overallWords({ status: "ready", health: health({ replicas }) }, en).sentence,
  ).toBe("All is well, but busy: 2 generations wait their turn.");
});

test("one server of two that is away makes pictures slower", () => {
  const replicas = [replica({ state: "busy" }), replica({ state: "unhealthy" })];
  expect(overallWords({ status: "ready", health: health({ replicas }) }, en)).toEqual({
    tone: "busy",
    sentence: "One of 2 servers is away; pictures may take longer.",
  });
});

test("a queue is told, and is no trouble", () => {
  const queue = { in_flight: 10, max_in_flight: 10, waiting: 6, max_waiting: 40 };
  expect(overallWords({ status: "ready", health: health({ queue }) }, en)).toEqual({
    tone: "good",
    sentence: "All is well, but busy: 6 generations wait their turn.",
  });
});

test("a gateway that is about to stop says so before all else", () => {
  const replicas = [replica({ state: "unhealthy" })];
  const { tone, sentence } = overallWords(
    { status: "ready", health: health({ gateway: "draining", replicas }) },
    en,
  );
  expect(tone).toBe("bad");
  expect(sentence).toContain("about to stop");
});

test("a store that does not answer is told", () => {
  const store = { kind: "redis", status: "unavailable" } as const;
  const { tone, sentence } = overallWords(
    { status: "ready", health: health({ store }) },
    en,
  );
  expect(tone).toBe("busy");
  expect(sentence).toContain("cannot look up keys");
});

test.each([
  [1, "the text-to-image server cannot be reached"],
  [2, "none of the 2 text-to-image servers can be reached"],
])("without any of %d servers nothing can be painted", (number, reason) => {
  const replicas = Array.from({ length: number }, () =>
    replica({ state: "unhealthy" }),
  );
  const server = {
    status: "unreachable",
    model_loaded: false,
    cuda_available: false,
  } as const;
  const service = {
    status: "server_down",
    health: health({ replicas, text2image_server: server }),
  } as const;
  expect(overallWords(service, en)).toEqual({
    tone: "bad",
    sentence: `Nothing can be painted at the moment: ${reason}.`,
  });
});

test.each(["gateway_down", "studio_down", "offline"] as const)(
  "%s has words of its own, whatever was known before",
  (status) => {
    const { tone, sentence } = overallWords({ status }, en);
    expect(tone).toBe("bad");
    expect(sentence).toBe(en.status.overall[status]);
  },
);
