"use client";

import { useEffect } from "react";
import { watchClosely } from "@/features/service/service-watch";
import { useServiceLog } from "@/features/service/use-service";
import { StatusScreen } from "@/features/status/status-screen";

/** The status screen, told how the service is. */
export function StatusPage() {
  const { service, troubles } = useServiceLog();
  useEffect(watchClosely, []);
  return (
    <main id="content">
      <StatusScreen service={service} troubles={troubles} />
    </main>
  );
}
