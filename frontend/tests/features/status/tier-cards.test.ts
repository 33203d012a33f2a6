import { expect, test } from "vitest";
import type { ServiceView } from "@/features/status/service-view";
import { type Known, tierCards } from "@/features/status/tier-cards";
import { en } from "@/lib/words/en";
import { health, replica } from "../health";

const NOON = new Date(2026, 10, 23, 12, 0, 0).getTime();

function cards(service: ServiceView, more: Partial<Known> = {}) {
  const known: Known = {
    service,
    troubles: {},
    startedAtS: null,
    address: "http://localhost:3000",
    now: NOON,
    ...more,
  };
  return tierCards(known, en);
}

/** `name: value` of one card; some versions of Intl put a narrow space before AM. */
function facts(card: ReturnType<typeof cards>[number] | undefined): string[] {
  return (card?.facts ?? []).map(({ name, value }) =>
    `${name}: ${value}`.replaceAll("\u202f", " "),
  );
}

test("tiers that are well tell what they hold", () => {
  const [studio, gateway, server] = cards(
    { status: "ready", health: health() },
    { startedAtS: NOON / 1000 - 3600 },
  );
  expect([studio, gateway, server].map((card) => card?.state)).toEqual([
    "Running",
    "Running",
    "Ready to paint",
  ]);
  expect(facts(gateway)).toEqual([
    "Version: 0.1.0",
    "Running since: 11:00 AM",
    "Access: open to everybody",
    "At most: 10 at a time, 40 in the queue",
    "Store: SQLite, available",
    "Last problem: none since this page was opened",
  ]);
  expect(facts(server)).toEqual([
    "Model: fake",
    "Device: cpu",
    "Version: 0.1.0",
    "Work: 1 being painted, 3 waiting there",
    "Last problem: none since this page was opened",
  ]);
});

test("when several processes count, nobody says since when they run", () => {
  const [, gateway] = cards({ status: "ready", health: health() });
  expect(facts(gateway).join()).not.toContain("Running since");
});

test("of several servers, those that can paint are counted", () => {
  const replicas = [
    replica(),
    replica({ state: "busy" }),
    replica({ id: "c", state: "starting" }),
  ];
  const server = cards({ status: "ready", health: health({ replicas }) })[2];
  expect(server).toMatchObject({
    name: "Text-to-image servers",
    tone: "busy",
    state: "2 of 3 ready to paint",
  });
  expect(facts(server).at(-1)).toBe("Problem: c: Starting");
});

test("behind a gateway that is down nothing is claimed of the server", () => {
  const [studio, gateway, server] = cards({ status: "gateway_down" });
  expect([studio?.state, gateway?.state, server?.state]).toEqual([
    "Running",
    "Cannot be reached",
    "Not known",
  ]);
  expect(facts(server)).toEqual(["Last problem: none since this page was opened"]);
});

test("trouble is told by the tier that had it, with when", () => {
  const trouble = { status: "gateway_down", beganAt: NOON, endedAt: null } as const;
  const lasting = cards(
    { status: "gateway_down" },
    { troubles: { gateway_down: trouble } },
  );
  expect(facts(lasting[1])).toEqual(["Problem: not there, since 12:00:00 PM"]);
  const over = cards(
    { status: "ready", health: health() },
    { troubles: { gateway_down: { ...trouble, endedAt: NOON + 90_000 } } },
  );
  expect(facts(over[1]).at(-1)).toBe(
    "Last problem: not there, 12:00 PM to 12:01:30 PM",
  );
  expect(facts(over[2]).at(-1)).toContain("none since");
});

test("of two kinds of trouble the newer is told", () => {
  const server = cards(
    { status: "ready", health: health() },
    {
      troubles: {
        server_down: { status: "server_down", beganAt: NOON, endedAt: NOON + 1000 },
        model_loading: {
          status: "model_loading",
          beganAt: NOON + 1000,
          endedAt: NOON + 2000,
        },
      },
    },
  )[2];
  expect(facts(server).at(-1)).toContain("model was loading");
});
