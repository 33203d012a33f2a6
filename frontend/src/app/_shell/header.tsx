"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { Icon } from "@/components/icon";
import { IconButton } from "@/components/icon-button";
import { CommandsButton } from "@/features/commands/commands-button";
import { ServiceStatus } from "@/features/service/service-status";
import { useService } from "@/features/service/use-service";
import { useWords } from "@/lib/words/use-words";
import { openDialog } from "./dialogs";
import styles from "./header.module.css";

const SCREENS = [
  { href: "/", name: "studio" },
  { href: "/history", name: "history" },
  { href: "/status", name: "status" },
] as const;

export function Header() {
  const { app, preferences } = useWords();
  const { service } = useService();
  const path = usePathname();
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
        <span>Easel</span>
      </h1>
      <nav className={styles.screens} aria-label={app.screens}>
        {SCREENS.map(({ href, name }) => (
          <Link
            key={href}
            href={href}
            aria-current={path === href ? "page" : undefined}
          >
            {app[name]}
          </Link>
        ))}
      </nav>
      <ServiceStatus service={service}>
        <Link href="/status">{app.moreStatus}</Link>
      </ServiceStatus>
      <CommandsButton onOpen={() => openDialog({ kind: "palette" })} />
      <IconButton
        label={preferences.title}
        aria-haspopup="dialog"
        onClick={() => openDialog({ kind: "preferences" })}
      >
        <Icon name="gear" />
      </IconButton>
    </header>
  );
}
