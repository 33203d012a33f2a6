/** How the gateway is now: its health, and what it counts. */

import { fetchHealth } from "@/lib/api/client";
import type { GatewayHealth } from "@/lib/api/generated";
import type { GatewayCounts } from "./gateway-counts";
import { readMetrics } from "./read-metrics";

export type Sample = {
  health: GatewayHealth;
  /** Null where it does not tell what it counts. */
  counts: GatewayCounts | null;
};

export type SampleAnswer =
  | { kind: "told"; sample: Sample }
  /** The same, without what the gateway counts: that needs a token, or is not there. */
  | { kind: "locked" | "unavailable"; sample: Sample }
  /** Nobody answers, or not the gateway. */
  | { kind: "unreachable" };

const PATIENCE_MS = 6_000;

export async function readSample(signal: AbortSignal): Promise<SampleAnswer> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  const [health, metrics] = await Promise.all([
    fetchHealth(patience).catch(() => null),
    readMetrics(patience),
  ]);
  if (!health) return { kind: "unreachable" };
  switch (metrics.kind) {
    case "counts":
      return { kind: "told", sample: { health, counts: metrics.counts } };
    case "locked":
      return { kind: "locked", sample: { health, counts: null } };
    default:
      return { kind: "unavailable", sample: { health, counts: null } };
  }
}
