"use client";

import type { KeyboardEvent, ReactNode } from "react";
import { Button } from "@/components/button";
import styles from "./composer.module.css";
import { fieldId, focusGenerate, GENERATE_ID } from "./focus-field";

type Props = {
  prompt: string;
  error: string | null;
  onPromptChange: (prompt: string) => void;
  isGenerating: boolean;
  /** Set while an earlier refusal asks for patience. */
  waitS: number | null;
  onCancel: () => void;
  /** Stands in the place of Cancel while there is nothing to cancel. */
  idleAside: ReactNode;
};

/** The prompt with Generate, and Cancel beside it while there is something to cancel. */
export function Composer(props: Props) {
  const { error, isGenerating, waitS } = props;
  const id = fieldId("prompt");
  const cancel = () => {
    focusGenerate();
    props.onCancel();
  };
  return (
    <div className={styles.composer}>
      <label className="visually-hidden" htmlFor={id}>
        Prompt
      </label>
      <textarea
        id={id}
        name="prompt"
        className={styles.prompt}
        value={props.prompt}
        onChange={(event) => props.onPromptChange(event.target.value)}
        onKeyDown={submitOnEnter}
        rows={3}
        maxLength={4000}
        placeholder="Describe a picture"
        enterKeyHint="go"
        aria-invalid={error ? true : undefined}
        aria-describedby={error ? `${id}-note` : undefined}
      />
      {error && (
        <p id={`${id}-note`} className={styles.error}>
          {error}
        </p>
      )}
      <div className={styles.actions}>
        <Button
          type="submit"
          look="primary"
          aria-disabled={isGenerating || waitS !== null}
          id={GENERATE_ID}
        >
          {waitS === null ? "Generate" : `Wait ${waitS} s`}
        </Button>
        <div className={styles.aside}>
          {isGenerating ? <Button onClick={cancel}>Cancel</Button> : props.idleAside}
        </div>
      </div>
    </div>
  );
}

function submitOnEnter(event: KeyboardEvent<HTMLTextAreaElement>): void {
  // During composition Enter picks a word of the input method.
  if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
  event.preventDefault();
  event.currentTarget.form?.requestSubmit();
}
