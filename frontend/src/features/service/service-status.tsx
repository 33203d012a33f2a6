"use client";

import type { ReactNode } from "react";
import { useWords } from "@/lib/words/use-words";
import type { Service } from "./service";
import styles from "./service-status.module.css";
import { serviceWords, tierLines } from "./service-words";

const PANEL_ID = "service-status";

type Props = {
  service: Service;
  /** Below the tiers: the way to more about them. */
  children?: ReactNode;
};

/** The quiet dot in the header; opened, it names the three tiers. */
export function ServiceStatus({ service, children }: Props) {
  const { service: words } = useWords();
  const { tone, label } = serviceWords(service, words);
  return (
    <>
      <button type="button" className={styles.trigger} popoverTarget={PANEL_ID}>
        <span className={styles.dot} data-tone={tone} />
        <span className="visually-hidden">{words.statusPrefix}</span>
        <span className={styles.label}>{label}</span>
      </button>
      <section
        id={PANEL_ID}
        popover="auto"
        className={styles.panel}
        aria-label={words.panelLabel}
      >
        <ul className={styles.tiers}>
          {tierLines(service, words).map((line) => (
            <li key={line.name}>
              <span className={styles.dot} data-tone={line.tone} />
              <span>
                <strong>{line.name}</strong>
                <br />
                {line.words}
              </span>
            </li>
          ))}
        </ul>
        {children && <p className={styles.more}>{children}</p>}
      </section>
    </>
  );
}
