"use client";

import { Button } from "@/components/button";
import { useWords } from "@/lib/words/use-words";
import styles from "./error.module.css";

/**
 * A bug of ours, told in words instead of a blank page; or a studio that was replaced by
 * another version meanwhile, whose code only a reload can load.
 */
export default function StudioError() {
  const { error } = useWords().app;
  return (
    <main className={styles.error}>
      <h1>{error.title}</h1>
      <p>{error.advice}</p>
      <Button look="primary" onClick={() => location.reload()}>
        {error.again}
      </Button>
    </main>
  );
}
