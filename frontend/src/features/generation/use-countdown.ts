"use client";

import { useEffect, useState } from "react";
import type { Failure } from "@/lib/api/failure";

/** Whole seconds until the failed call may be tried again; null if that is now. */
export function useCountdown(failure: Failure | null): number | null {
  const [left, setLeft] = useState<number | null>(null);

  useEffect(() => {
    if (!failure?.retryAfterS) return;
    const endsAt = Date.now() + failure.retryAfterS * 1000;
    const tick = () => {
      const rest = Math.ceil((endsAt - Date.now()) / 1000);
      setLeft(rest > 0 ? rest : null);
      if (rest <= 0) clearInterval(timer);
    };
    const timer = setInterval(tick, 1000);
    tick();
    return () => {
      clearInterval(timer);
      setLeft(null);
    };
  }, [failure]);

  return left;
}
