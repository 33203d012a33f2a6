/** The gateway's counters, as the studio's own origin passes them on. */

import { apiUrl } from "@/lib/api/client";
import { countsOf, type GatewayCounts } from "./gateway-counts";
import { parseExposition } from "./prometheus";

export type MetricsAnswer =
  | { kind: "counts"; counts: GatewayCounts }
  /** A token is needed that the studio has not. */
  | { kind: "locked" }
  /** The gateway answers, but not with these numbers. */
  | { kind: "unavailable" }
  /** Nobody answers, or not the gateway. */
  | { kind: "unreachable" };

export async function readMetrics(signal: AbortSignal): Promise<MetricsAnswer> {
  try {
    const response = await fetch(apiUrl("/metrics"), { signal, cache: "no-store" });
    if (response.ok) return answerOf(await response.text());
    return refusal(response.status);
  } catch {
    return { kind: "unreachable" };
  }
}

function answerOf(text: string): MetricsAnswer {
  const counts = countsOf(parseExposition(text));
  return counts ? { kind: "counts", counts } : { kind: "unavailable" };
}

function refusal(status: number): MetricsAnswer {
  if (status === 401 || status === 403) return { kind: "locked" };
  return { kind: status >= 500 ? "unreachable" : "unavailable" };
}
