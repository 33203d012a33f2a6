import { Button } from "@/components/button";
import { TRASH_DAYS } from "@/lib/pictures/library";
import { counted } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import styles from "./trash-note.module.css";

/** What becomes of the pictures in the trash. */
export function TrashNote({ onEmpty }: { onEmpty: () => void }) {
  const { history, language } = useWords();
  const { trash: words } = history;
  return (
    <div className={styles.note}>
      <p>{counted(words.note, TRASH_DAYS, language)}</p>
      <Button onClick={onEmpty}>{words.emptyNow}</Button>
    </div>
  );
}
