import { useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { showToast } from "@/components/toasts";
import { counted } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import styles from "./preferences-dialog.module.css";

type Props = { count: number; onDelete: () => Promise<void>; onClose: () => void };

/** Asks once more: this cannot be undone. */
export function DeleteAllDialog({ count, onDelete, onClose }: Props) {
  const { language, preferences } = useWords();
  const words = preferences.storage;
  const [isDeleting, setIsDeleting] = useState(false);

  async function deleteAll() {
    if (isDeleting) return;
    setIsDeleting(true);
    const said = await onDelete().then(
      () => words.deleted,
      () => words.failed,
    );
    onClose();
    showToast(said);
  }

  return (
    <Dialog title={words.question} closeLabel={words.keep} onClose={onClose}>
      <p className={styles.note}>{counted(words.consequence, count, language)}</p>
      <div className={styles.actions}>
        <Button onClick={onClose}>{words.keep}</Button>
        <Button
          look="primary"
          aria-disabled={isDeleting}
          onClick={() => void deleteAll()}
        >
          {words.confirm}
        </Button>
      </div>
    </Dialog>
  );
}
