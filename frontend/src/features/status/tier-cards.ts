/** What is told of each tier. Pure. */

import type { GatewayHealth, UpstreamHealth } from "@/lib/api/generated";
import { fill } from "@/lib/words/format";
import type { Words } from "@/lib/words/words";
import { clockWords, momentWords } from "./numbers";
import { paints } from "./overall-words";
import {
  healthOf,
  type ServiceView,
  type Tone,
  type TroublesView,
  type TroubleView,
} from "./service-view";

export type Fact = { name: string; value: string };

export type TierCard = {
  tier: "studio" | "gateway" | "server";
  name: string;
  role: string;
  tone: Tone;
  state: string;
  facts: Fact[];
};

export type Known = {
  service: ServiceView;
  troubles: TroublesView;
  /** When the gateway was started, in seconds since 1970; null where nobody knows. */
  startedAtS: number | null;
  /** The page's own origin. */
  address: string;
  /** Milliseconds since 1970. */
  now: number;
};

type Texts = Words["status"];

export function tierCards(known: Known, words: Words): TierCard[] {
  return [
    studioCard(known, words),
    gatewayCard(known, words),
    serverCard(known, words),
  ];
}

function studioCard(known: Known, words: Words): TierCard {
  const { tiers, states, facts } = words.status;
  const { service, address } = known;
  const { tone, state } =
    service.status === "studio_down"
      ? { tone: "bad" as const, state: states.unreachable }
      : service.status === "offline"
        ? { tone: "bad" as const, state: states.offline }
        : { tone: "good" as const, state: states.running };
  return {
    tier: "studio",
    name: tiers.studio,
    role: tiers.studioRole,
    tone,
    state,
    facts: [
      { name: facts.address, value: address },
      troubleFact(known, ["studio_down", "offline"], words),
    ],
  };
}

function gatewayCard(known: Known, words: Words): TierCard {
  const { tiers } = words.status;
  const health = healthOf(known.service);
  return {
    tier: "gateway",
    name: tiers.gateway,
    role: tiers.gatewayRole,
    ...gatewayState(known.service, words.status),
    facts: [
      ...(health ? gatewayFacts(health, known, words) : []),
      troubleFact(known, ["gateway_down"], words),
    ],
  };
}

function gatewayState(
  service: ServiceView,
  { states }: Texts,
): { tone: Tone; state: string } {
  switch (service.status) {
    case "connecting":
      return { tone: "busy", state: states.connecting };
    case "gateway_down":
      return { tone: "bad", state: states.unreachable };
    case "studio_down":
    case "offline":
      return { tone: "busy", state: states.unknown };
    default: {
      const { gateway } = service.health;
      return { tone: gateway === "running" ? "good" : "busy", state: states[gateway] };
    }
  }
}

function gatewayFacts(
  { version, auth, queue, store }: GatewayHealth,
  { startedAtS, now }: Known,
  { status: { facts }, language }: Words,
): Fact[] {
  const limits = { running: queue.max_in_flight, waiting: queue.max_waiting };
  const storeWords =
    store.status === "available" ? facts.storeAvailable : facts.storeUnavailable;
  return [
    { name: facts.version, value: version },
    ...(startedAtS === null
      ? []
      : [
          {
            name: facts.runningSince,
            value: momentWords(1000 * startedAtS, now, language),
          },
        ]),
    {
      name: facts.access,
      value: auth === "open" ? facts.accessOpen : facts.accessKeys,
    },
    { name: facts.limits, value: fill(facts.limitsWords, limits) },
    { name: facts.store, value: fill(storeWords, { kind: STORES[store.kind] }) },
  ];
}

const STORES = { sqlite: "SQLite", redis: "Redis" };

function serverCard(known: Known, words: Words): TierCard {
  const { tiers } = words.status;
  const health = healthOf(known.service);
  const isOne = (health?.replicas.length ?? 1) <= 1;
  return {
    tier: "server",
    name: isOne ? tiers.server : tiers.servers,
    role: tiers.serverRole,
    ...serverState(known.service, words.status),
    facts: [
      ...(health ? serverFacts(health.text2image_server, words.status) : []),
      awayFact(known.service, words.status) ??
        troubleFact(known, ["server_down", "model_loading"], words),
    ],
  };
}

function serverState(
  service: ServiceView,
  { states }: Texts,
): { tone: Tone; state: string } {
  switch (service.status) {
    case "connecting":
    case "gateway_down":
    case "studio_down":
    case "offline":
      return { tone: "busy", state: states.unknown };
    case "model_loading":
      return { tone: "busy", state: states.loading };
    case "server_down":
      return {
        tone: "bad",
        state: states[service.health.text2image_server.status],
      };
    case "ready": {
      const { replicas } = service.health;
      const ready = replicas.filter(paints).length;
      const total = replicas.length;
      return ready === total
        ? { tone: "good", state: states.healthy }
        : { tone: "busy", state: fill(states.someReady, { ready, total }) };
    }
  }
}

/** The server may say more of itself than the gateway's contract promises. */
function serverFacts(server: UpstreamHealth, { facts }: Texts): Fact[] {
  const told = (name: string, value: unknown): Fact[] =>
    typeof value === "string" ? [{ name, value }] : [];
  const { running, queued } = server;
  return [
    ...told(facts.model, server.model),
    ...told(facts.device, server.device),
    ...told(facts.version, server.version),
    ...(typeof running === "number" && typeof queued === "number"
      ? [{ name: facts.work, value: fill(facts.workWords, { running, queued }) }]
      : []),
  ];
}

/** Which servers cannot paint, while others can. */
function awayFact(
  service: ServiceView,
  { facts, replicas: { states } }: Texts,
): Fact | null {
  if (service.status !== "ready") return null;
  const away = service.health.replicas.filter((replica) => !paints(replica));
  if (away.length === 0) return null;
  const names = away.map(({ id, url, state }) => `${id ?? url}: ${states[state]}`);
  return { name: facts.problem, value: names.join(", ") };
}

/** The newest trouble of the tier that those statuses speak of. */
function troubleFact(
  { troubles, now }: Known,
  statuses: readonly (keyof TroublesView)[],
  { status: { facts, problems }, language }: Words,
): Fact {
  const trouble = statuses
    .flatMap((status) => troubles[status] ?? [])
    .reduce(newer, null);
  if (!trouble) return { name: facts.lastProblem, value: facts.noProblem };
  const { status, beganAt, endedAt } = trouble;
  const problem = problems[status];
  if (endedAt === null) {
    const time = clockWords(beganAt, language);
    return { name: facts.problem, value: fill(facts.since, { problem, time }) };
  }
  const from = momentWords(beganAt, now, language);
  const to = clockWords(endedAt, language);
  return { name: facts.lastProblem, value: fill(facts.fromTo, { problem, from, to }) };
}

function newer(one: TroubleView | null, other: TroubleView): TroubleView {
  return one && one.beganAt > other.beganAt ? one : other;
}
