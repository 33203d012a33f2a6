"use client";

import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import type { GenerationView } from "./generation-view";
import styles from "./progress-line.module.css";
import { etaWords, placeWords } from "./progress-words";

type Props = { view: GenerationView; isConnected: boolean };

/** How far it is, right under the stage, where the result will stand. */
export function ProgressLine({ view, isConnected }: Props) {
  const words = useWords();
  const { generation } = words;
  switch (view.status) {
    case "submitting":
      return <Phase words={generation.submitting} />;
    case "queued":
      return isConnected ? (
        <Phase
          words={placeWords(view.position, words)}
          aside={etaWords(view.etaS, words)}
        />
      ) : (
        <Phase words={generation.reconnecting} />
      );
    case "denoising": {
      const { step, numInferenceSteps: total, etaS } = view;
      const painting =
        step === 0 ? generation.painting : fill(generation.step, { step, total });
      return isConnected ? (
        <Phase words={painting} aside={etaWords(etaS, words)} done={step / total} />
      ) : (
        <Phase words={generation.reconnecting} aside={painting} done={step / total} />
      );
    }
    case "decoding":
      return <Phase words={generation.decoding} done={1} />;
    case "cancelling":
      return <Phase words={generation.cancelling} />;
    case "cancelled":
    case "completed":
    case "failed":
      return null;
  }
}

function Phase({
  words,
  aside,
  done,
}: {
  words: string;
  aside?: string;
  done?: number;
}) {
  const { generation } = useWords();
  return (
    <div className={styles.line}>
      <progress aria-label={generation.progress} max={1} value={done} />
      <p className={styles.words}>
        <span>{words}</span>
        <span>{aside}</span>
      </p>
    </div>
  );
}
