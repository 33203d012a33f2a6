import type { GenerationView } from "./generation-view";
import styles from "./progress-line.module.css";
import { etaWords, placeWords } from "./progress-words";

/** How far it is, right under the stage, where the result will stand. */
export function ProgressLine({ view }: { view: GenerationView }) {
  switch (view.status) {
    case "submitting":
      return view.place ? (
        <Phase
          words={placeWords(view.place.position)}
          aside={etaWords(view.place.eta_s)}
        />
      ) : (
        <Phase words="Sending the prompt" />
      );
    case "queued":
      return <Phase words={placeWords(view.position)} aside={etaWords(view.etaS)} />;
    case "denoising": {
      const { step, numInferenceSteps, etaS } = view;
      return (
        <Phase
          words={
            step === 0 ? "Painting" : `Painting, step ${step} of ${numInferenceSteps}`
          }
          aside={etaWords(etaS)}
          done={step / numInferenceSteps}
        />
      );
    }
    case "decoding":
      return <Phase words="Finishing the picture" done={1} />;
    case "cancelling":
      return <Phase words="Cancelling" />;
    case "idle":
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
  return (
    <div className={styles.line}>
      <progress aria-label="Progress" max={1} value={done} />
      <p className={styles.words}>
        <span>{words}</span>
        <span>{aside}</span>
      </p>
    </div>
  );
}
