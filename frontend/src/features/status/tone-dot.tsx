import type { Tone } from "./service-view";
import styles from "./tone-dot.module.css";

/** Beside words that say the same: its shape tells, too, not only its colour. */
export function ToneDot({ tone }: { tone: Tone }) {
  return <span className={styles.dot} data-tone={tone} aria-hidden="true" />;
}
