"use client";

import { useEffect } from "react";
import type { Service } from "./service";
import type { ServiceLog } from "./service-log";
import { doubtService, useServiceWatch, watchService } from "./service-watch";

/** How the tiers are; all who ask share one poll. */
export function useService(): { service: Service; recheck: () => void } {
  useEffect(watchService, []);
  const service = useServiceWatch((watch) => watch.service);
  return { service, recheck: doubtService };
}

/** The same with what was seen before. */
export function useServiceLog(): ServiceLog {
  useEffect(watchService, []);
  return useServiceWatch();
}
