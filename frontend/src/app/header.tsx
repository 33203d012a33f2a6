"use client";

import Link from "next/link";
import type { Service } from "@/features/service/service";
import { ServiceStatus } from "@/features/service/service-status";
import { ThemeToggle } from "@/features/theme/theme-toggle";
import { useWords } from "@/lib/words/use-words";
import styles from "./header.module.css";

export function Header({ service }: { service: Service }) {
  const { status: words } = useWords();
  return (
    <header className={styles.header}>
      <h1 className={styles.name}>
        <svg
          viewBox="0 0 32 32"
          width="22"
          height="22"
          fill="none"
          stroke="currentColor"
          strokeWidth="2.4"
          strokeLinecap="round"
          strokeLinejoin="round"
          aria-hidden="true"
        >
          <path d="M16 3v4M6 7h20v14H6zM4 21h24M10 21 7 29M22 21l3 8M16 21v6" />
        </svg>
        Easel
      </h1>
      <ServiceStatus service={service}>
        <Link href="/status">{words.link}</Link>
      </ServiceStatus>
      <ThemeToggle />
    </header>
  );
}
