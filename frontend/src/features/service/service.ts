/** How the three tiers stand, as one status that a person can read. Pure. */

import type { Failure } from "@/lib/api/failure";
import type { GatewayHealth } from "@/lib/api/generated";

export type Service =
  | { status: "connecting" }
  | { status: "ready"; health: GatewayHealth }
  | { status: "model_loading"; health: GatewayHealth }
  | { status: "server_down"; health: GatewayHealth }
  | { status: "gateway_down" }
  | { status: "studio_down" }
  | { status: "offline" };

export function serviceFromHealth(health: GatewayHealth): Service {
  switch (health.text2image_server.status) {
    case "healthy":
      return { status: "ready", health };
    case "loading":
      return { status: "model_loading", health };
    case "stopping":
    case "unhealthy":
    case "unreachable":
      return { status: "server_down", health };
  }
}

export function serviceFromFailure(failure: Failure): Service {
  switch (failure.kind) {
    case "offline":
      return { status: "offline" };
    case "studio_unreachable":
      return { status: "studio_down" };
    default:
      return { status: "gateway_down" };
  }
}

/**
 * How closely the service is watched.
 *
 * `doubtful`: a call has just failed, and a gateway may say for a moment what it last
 * knew of its server. `close`: somebody reads the status.
 */
export type Pace = "calm" | "doubtful" | "close";

const SECONDS: Record<Pace, number> = { calm: 15, doubtful: 2, close: 5 };

/** Seconds until the tiers are asked again: soon while something is wrong. */
export function recheckAfterS(service: Service, pace: Pace): number {
  return service.status === "ready" ? SECONDS[pace] : SECONDS.doubtful;
}
