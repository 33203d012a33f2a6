"use client";

import type { ReactNode } from "react";
import type { Failure } from "@/lib/api/failure";
import { useWords } from "@/lib/words/use-words";
import styles from "./failure-notice.module.css";
import { failureDetail, failureWords } from "./failure-words";

type Props = {
  failure: Failure;
  /** What can be done about it here and now. */
  actions: ReactNode;
};

/** Cause, next step and request id; the live region has already said the first two. */
export function FailureNotice({ failure, actions }: Props) {
  const words = useWords();
  const { title, advice } = failureWords(failure, words);
  const detail = failureDetail(failure, words);
  return (
    <section className={styles.notice} aria-label={words.generation.failure.label}>
      <h2>{title}</h2>
      <p>{advice}</p>
      {detail && <p className={styles.detail}>{detail}</p>}
      <div className={styles.actions}>{actions}</div>
      {failure.requestId && (
        <p className={styles.requestId}>
          {words.generation.failure.requestId} <code>{failure.requestId}</code>
        </p>
      )}
    </section>
  );
}
