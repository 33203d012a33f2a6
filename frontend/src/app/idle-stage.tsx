import type { Service } from "@/features/service/service";
import styles from "./idle-stage.module.css";

type Props = {
  service: Service;
  examples: readonly string[];
  onExample: (prompt: string) => void;
};

/** An empty stage says what to do first, or why nothing can be done yet. */
export function IdleStage({ service, examples, onExample }: Props) {
  switch (service.status) {
    case "connecting":
      return <p className={styles.hint}>Connecting to the gateway…</p>;
    case "model_loading":
      return (
        <div className={styles.idle}>
          <h2>The model is loading</h2>
          <progress className={styles.loading} aria-label="Loading the model" />
        </div>
      );
    case "server_down":
    case "gateway_down":
    case "studio_down":
    case "offline":
      return (
        <p className={styles.hint}>Pictures appear here once all is well again.</p>
      );
    case "ready":
      return (
        <div className={styles.idle}>
          <h2>What shall it be?</h2>
          <p className={styles.hint}>
            {examples.length > 0
              ? "Describe a picture, or begin with one of these."
              : "Describe a picture and press Generate."}
          </p>
          <ul className={styles.examples}>
            {examples.map((example) => (
              <li key={example}>
                <button type="button" onClick={() => onExample(example)}>
                  {example}
                </button>
              </li>
            ))}
          </ul>
        </div>
      );
  }
}
