"use client";

import { Button } from "@/components/button";
import { useWords } from "@/lib/words/use-words";
import styles from "./error.module.css";

/** A bug of ours, told in words instead of a blank page. */
export default function StudioError({ reset }: { reset: () => void }) {
  const { error } = useWords().app;
  return (
    <main className={styles.error}>
      <h1>{error.title}</h1>
      <p>{error.advice}</p>
      <Button look="primary" onClick={reset}>
        {error.again}
      </Button>
    </main>
  );
}
