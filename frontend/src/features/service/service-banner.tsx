"use client";

import { useWords } from "@/lib/words/use-words";
import type { Service } from "./service";
import styles from "./service-banner.module.css";
import { serviceWords } from "./service-words";

/** Says which tier is in the way, as long as it is. */
export function ServiceBanner({ service }: { service: Service }) {
  const { service: words } = useWords();
  const { tone, trouble } = serviceWords(service, words);
  if (!trouble) return null;
  return (
    <section className={styles.banner} data-tone={tone} aria-label={words.bannerLabel}>
      <p>
        <strong>{trouble.title}.</strong> {trouble.advice}
      </p>
    </section>
  );
}
