"use client";

import Link from "next/link";
import { useEffect } from "react";
import { Icon } from "@/components/icon";
import { LiveRegion } from "@/components/live-region";
import { watchClosely } from "@/features/service/service-watch";
import { serviceWords } from "@/features/service/service-words";
import { useServiceLog } from "@/features/service/use-service";
import { StatusScreen } from "@/features/status/status-screen";
import { ThemeToggle } from "@/features/theme/theme-toggle";
import { useWords } from "@/lib/words/use-words";
import styles from "./status-page.module.css";

/** The status screen, told how the service is. */
export function StatusPage() {
  const words = useWords();
  const { service, troubles } = useServiceLog();
  useEffect(watchClosely, []);
  return (
    <>
      <header className={styles.header}>
        <Link href="/">
          <Icon name="arrowLeft" />
          {words.status.backToStudio}
        </Link>
        <ThemeToggle />
      </header>
      <main>
        <StatusScreen service={service} troubles={troubles} />
      </main>
      <LiveRegion
        messages={[serviceWords(service, words.service).trouble?.title ?? ""]}
      />
    </>
  );
}
