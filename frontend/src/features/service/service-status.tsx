"use client";

import type { Service } from "./service";
import styles from "./service-status.module.css";
import { serviceWords, tierLines } from "./service-words";

const PANEL_ID = "service-status";

/** The quiet dot in the header; opened, it names the three tiers. */
export function ServiceStatus({ service }: { service: Service }) {
  const { tone, label } = serviceWords(service);
  return (
    <>
      <button type="button" className={styles.trigger} popoverTarget={PANEL_ID}>
        <span className={styles.dot} data-tone={tone} />
        <span className="visually-hidden">Service status: </span>
        {label}
      </button>
      <section
        id={PANEL_ID}
        popover="auto"
        className={styles.panel}
        aria-label="Service status"
      >
        <ul className={styles.tiers}>
          {tierLines(service).map((line) => (
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
      </section>
    </>
  );
}
