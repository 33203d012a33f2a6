"use client";

import { useState } from "react";
import { Dialog } from "@/components/dialog";
import { Icon } from "@/components/icon";
import type { ModelDocument } from "@/lib/api/generated";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import { type Fault, messageFor } from "./faults";
import { fieldId } from "./focus-field";
import styles from "./model-picker.module.css";
import { modelState, modelSupport } from "./model-support";
import { changeModel } from "./settings-store";

type Props = { models: ModelDocument[]; model: ModelDocument; fault: Fault | null };

/** What paints, and with several models the choice among them. */
export function ModelPicker({ models, model, fault }: Props) {
  const { settings: words } = useWords();
  const [isOpen, setIsOpen] = useState(false);
  const error = messageFor(fault, "model");
  const id = fieldId("model");
  if (models.length <= 1) {
    return (
      <div className={styles.only} id={id} tabIndex={-1}>
        <ModelCard model={model} />
        {error && <p className={styles.error}>{error}</p>}
      </div>
    );
  }
  return (
    <div className={styles.picker}>
      <button
        id={id}
        type="button"
        className={styles.opener}
        aria-label={fill(words.model.change, { name: model.display_name })}
        aria-haspopup="dialog"
        aria-describedby={error ? `${id}-note` : undefined}
        onClick={() => setIsOpen(true)}
      >
        <ModelCard model={model} />
        <Icon name="chevronDown" />
      </button>
      {error && (
        <p id={`${id}-note`} className={styles.error}>
          {error}
        </p>
      )}
      {isOpen && (
        <Dialog
          title={words.model.choose}
          closeLabel={words.close}
          onClose={() => setIsOpen(false)}
        >
          <ul className={styles.models}>
            {models.map((one) => (
              <li key={one.id}>
                <button
                  type="button"
                  className={styles.choice}
                  aria-pressed={one.id === model.id}
                  onClick={() => {
                    if (one.id !== model.id) changeModel(one.id);
                    setIsOpen(false);
                  }}
                >
                  <ModelCard model={one} hasDescription />
                </button>
              </li>
            ))}
          </ul>
        </Dialog>
      )}
    </div>
  );
}

function ModelCard({
  model,
  hasDescription = false,
}: {
  model: ModelDocument;
  hasDescription?: boolean;
}) {
  const { settings: words, language } = useWords();
  const state = modelState(model, words.model, language);
  return (
    <span className={styles.card}>
      <span className={styles.name}>
        {model.display_name}
        {state && (
          <span className={styles.state} data-state={model.state}>
            {state}
          </span>
        )}
      </span>
      {hasDescription && model.description && (
        <span className={styles.description}>{model.description}</span>
      )}
      <span className={styles.support}>
        {modelSupport(model, words.model).map((one) => (
          <span key={one}>{one}</span>
        ))}
      </span>
    </span>
  );
}
