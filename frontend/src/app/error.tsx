"use client";

import { Button } from "@/components/button";
import styles from "./error.module.css";

/** A bug of ours, told in words instead of a blank page. */
export default function StudioError({ reset }: { reset: () => void }) {
  return (
    <main className={styles.error}>
      <h1>The studio stumbled</h1>
      <p>Nothing is lost on the server. Open the studio again to go on.</p>
      <Button look="primary" onClick={reset}>
        Open the studio again
      </Button>
    </main>
  );
}
