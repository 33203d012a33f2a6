"use client";

import { useState } from "react";
import { Dialog } from "@/components/dialog";
import { FieldGroup } from "@/components/field";
import { Icon } from "@/components/icon";
import type { ModelDocument } from "@/lib/api/generated";
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
  if (models.length <= 1) {
    return (
      <div className={styles.only} id={fieldId("model")} tabIndex={-1}>
        <ModelName model={model} />
        {model.description && <p className={styles.description}>{model.description}</p>}
        {error && <p className={styles.error}>{error}</p>}
      </div>
    );
  }
  return (
    <FieldGroup id={fieldId("model")} label={words.model.label} error={error}>
      <button
        type="button"
        className={styles.opener}
        aria-haspopup="dialog"
        onClick={() => setIsOpen(true)}
      >
        <ModelName model={model} />
        <Icon name="chevronDown" />
      </button>
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
                  <ModelName model={one} />
                  {one.description && (
                    <span className={styles.description}>{one.description}</span>
                  )}
                  <ModelSupport model={one} />
                </button>
              </li>
            ))}
          </ul>
        </Dialog>
      )}
    </FieldGroup>
  );
}

/** Its state only where it is not ready: that it is, the header says. */
function ModelName({ model }: { model: ModelDocument }) {
  const { settings: words, language } = useWords();
  const state =
    model.state === "ready" ? null : modelState(model, words.model, language);
  return (
    <span className={styles.name}>
      {model.display_name}
      {state && (
        <span className={styles.state} data-state={model.state}>
          {state}
        </span>
      )}
    </span>
  );
}

function ModelSupport({ model }: { model: ModelDocument }) {
  const { settings: words } = useWords();
  return (
    <span className={styles.support}>
      {modelSupport(model, words.model).map((ability) => (
        <span key={ability}>{ability}</span>
      ))}
    </span>
  );
}
