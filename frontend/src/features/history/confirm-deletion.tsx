"use client";

import { useEffect, useRef } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { counted } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import styles from "./confirm-deletion.module.css";

type Props = { count: number; onConfirm: () => void; onClose: () => void };

/** The one deletion that nothing undoes asks first. */
export function ConfirmDeletion({ count, onConfirm, onClose }: Props) {
  const { history, language } = useWords();
  const { trash: words } = history;
  const cancel = useRef<HTMLButtonElement>(null);

  // Enter alone must not delete.
  useEffect(() => cancel.current?.focus(), []);

  return (
    <Dialog
      title={counted(words.ask, count, language)}
      closeLabel={words.cancel}
      onClose={onClose}
    >
      <p className={styles.advice}>{words.askAdvice}</p>
      <div className={styles.actions}>
        <Button ref={cancel} onClick={onClose}>
          {words.cancel}
        </Button>
        <Button
          look="primary"
          onClick={() => {
            onConfirm();
            onClose();
          }}
        >
          {words.confirm}
        </Button>
      </div>
    </Dialog>
  );
}
