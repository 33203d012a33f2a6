"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import { CallFailed, fetchHealth } from "@/lib/api/client";
import { failureWithoutAnswer } from "@/lib/api/failure";
import {
  recheckAfterS,
  type Service,
  serviceFromFailure,
  serviceFromHealth,
} from "./service";

// The gateway itself gives its server two seconds to answer.
const PATIENCE_MS = 6_000;

// How often to look again after a failed call before all counts as well.
const DOUBTS = 3;

/** Keeps asking how the tiers are while the page is visible. */
export function useService(): { service: Service; recheck: () => void } {
  const [service, setService] = useState<Service>({ status: "connecting" });
  const doubt = useRef<() => void>(() => {});

  useEffect(() => {
    let latest = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let doubts = 0;

    async function check() {
      latest.abort();
      clearTimeout(timer);
      const check = new AbortController();
      latest = check;
      const found = await askOnce(check.signal);
      if (check.signal.aborted) return;
      setService(found);
      if (!document.hidden) {
        timer = setTimeout(checkNow, 1000 * recheckAfterS(found, doubts > 0));
        doubts = Math.max(0, doubts - 1);
      }
    }

    const checkNow = () => void check();
    const onVisible = () => {
      if (!document.hidden) checkNow();
    };
    doubt.current = () => {
      doubts = DOUBTS;
      checkNow();
    };
    checkNow();
    document.addEventListener("visibilitychange", onVisible);
    window.addEventListener("online", checkNow);
    window.addEventListener("offline", checkNow);
    return () => {
      latest.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisible);
      window.removeEventListener("online", checkNow);
      window.removeEventListener("offline", checkNow);
    };
  }, []);

  return { service, recheck: useCallback(() => doubt.current(), []) };
}

async function askOnce(signal: AbortSignal): Promise<Service> {
  try {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    return serviceFromHealth(await fetchHealth(patience));
  } catch (error) {
    if (error instanceof CallFailed) return serviceFromFailure(error.failure);
    return serviceFromFailure(failureWithoutAnswer(navigator.onLine));
  }
}
