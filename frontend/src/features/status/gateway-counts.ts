/** Of all that the gateway counts: what the status screen tells. Pure. */

import { type Exposition, type Labels, sumOf } from "./prometheus";

export type GatewayCounts = {
  /** Seconds since 1970; null where several processes count together. */
  startedAtS: number | null;
  /**
   * Generations for which there was no server, no room or no time. It only grows, until
   * a gateway is started again.
   */
  turnedAway: number;
};

const PREFIX = "easel_gateway_";

// The caller's own doing (`refused`, `client_left`) is no failure of the service, and
// what went wrong on a server (`answered`) that server counts.
const TURNED_AWAY = new Set(["unreachable", "unavailable", "timeout"]);

/** @returns null where these are not the metrics of a gateway. */
export function countsOf(exposition: Exposition): GatewayCounts | null {
  const sum = (name: string, isWanted?: (labels: Labels) => boolean) =>
    sumOf(exposition, name, isWanted);
  if (sum(`${PREFIX}generations_in_flight`) === null) return null;
  const isTurnedAway = ({ outcome = "" }: Labels) => TURNED_AWAY.has(outcome);
  return {
    startedAtS: sum("process_start_time_seconds"),
    turnedAway: sum(`${PREFIX}upstream_requests_total`, isTurnedAway) ?? 0,
  };
}
