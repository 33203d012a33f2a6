"use client";

import { Button } from "@/components/button";
import { useSeen } from "@/features/service/use-seen";
import { focusField } from "@/features/settings/focus-field";
import { changeSettings } from "@/features/settings/settings-store";
import { useWords } from "@/lib/words/use-words";
import { openDialog } from "../_shell/dialogs";
import styles from "./idle-stage.module.css";
import { useCurrentModel } from "./use-current-model";

// More would ask to be read instead of chosen.
const SHOWN_EXAMPLES = 4;

/** An empty stage says what to do first, or why nothing can be done yet. */
export function IdleStage() {
  const { idle } = useWords().app;
  const service = useSeen((seen) => seen.service);
  const needsKey = useSeen((seen) => seen.needsKey);
  const model = useCurrentModel();
  switch (service.status) {
    case "connecting":
      return <p className={styles.hint}>{idle.connecting}</p>;
    case "model_loading":
      return (
        <div className={styles.idle}>
          <h2>{idle.loading}</h2>
          <progress className={styles.loading} aria-label={idle.loadingProgress} />
        </div>
      );
    case "server_down":
    case "gateway_down":
    case "studio_down":
    case "offline":
      return <p className={styles.hint}>{idle.trouble}</p>;
    case "ready":
      if (needsKey) return <KeyNeeded />;
      // Not before its examples are known, or what is there already would move.
      return model ? (
        <Beginning examples={model.example_prompts ?? []} />
      ) : (
        <p className={styles.hint}>{idle.connecting}</p>
      );
  }
}

function KeyNeeded() {
  const { failure } = useWords().generation;
  return (
    <div className={styles.idle}>
      <h2>{failure.key_needed.title}</h2>
      <p className={styles.hint}>{failure.key_needed.advice}</p>
      <Button onClick={() => openDialog({ kind: "key" })}>{failure.giveKey}</Button>
    </div>
  );
}

function Beginning({ examples }: { examples: readonly string[] }) {
  const { idle } = useWords().app;
  return (
    <div className={styles.idle}>
      <h2>{idle.title}</h2>
      <p className={styles.hint}>
        {examples.length > 0 ? idle.withExamples : idle.withoutExamples}
      </p>
      <ul className={styles.examples}>
        {examples.slice(0, SHOWN_EXAMPLES).map((example) => (
          <li key={example}>
            <button
              type="button"
              onClick={() => {
                changeSettings({ prompt: example });
                focusField("prompt");
              }}
            >
              {example}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
