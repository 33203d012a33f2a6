"use client";

import type { Service } from "./service";
import type { ServiceLog } from "./service-log";
import { doubtService } from "./service-watch";
import { useSeen } from "./use-seen";

/** How the tiers are; all who ask share one poll. */
export function useService(): { service: Service; recheck: () => void } {
  const service = useSeen((seen) => seen.service);
  return { service, recheck: doubtService };
}

/** The same with what was seen before. */
export function useServiceLog(): ServiceLog {
  return useSeen((seen) => seen);
}
