/** How much there is to do, at the gateway and at its servers together. Pure. */

import type { GatewayHealth } from "@/lib/api/generated";

/** Generations. */
export type Work = { running: number; waiting: number };

/**
 * An asynchronous generation is at home with its server, which alone knows how it goes:
 * the gateway's own count stands in only where no server tells.
 */
export function workOf({ queue, replicas }: GatewayHealth): Work {
  const told = replicas.filter(({ running }) => typeof running === "number");
  if (told.length === 0) return { running: queue.in_flight, waiting: queue.waiting };
  return {
    running: told.reduce((sum, { running }) => sum + (running ?? 0), 0),
    waiting: told.reduce((sum, { queued }) => sum + (queued ?? 0), queue.waiting),
  };
}
