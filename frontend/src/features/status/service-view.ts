import type { GatewayHealth } from "@/lib/api/generated";

/** How the tiers are, as the app tells it: it has asked already, for all its routes. */
export type ServiceView =
  | { status: "ready" | "model_loading" | "server_down"; health: GatewayHealth }
  | { status: "connecting" | "gateway_down" | "studio_down" | "offline" };

export type TroubleStatus = Exclude<ServiceView["status"], "connecting" | "ready">;

/** A time at which the service was not ready, seen by this page. */
export type TroubleView = {
  status: TroubleStatus;
  /** Milliseconds since 1970; `endedAt` is null while it lasts. */
  beganAt: number;
  endedAt: number | null;
};

/** The last one of each kind. */
export type TroublesView = Readonly<Partial<Record<TroubleStatus, TroubleView>>>;

export type Tone = "good" | "busy" | "bad";

/** What the gateway said, or null while it says nothing. */
export function healthOf(service: ServiceView): GatewayHealth | null {
  return "health" in service ? service.health : null;
}
