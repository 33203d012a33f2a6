import { useEffect, useState } from "react";
import { Button } from "@/components/button";
import { counted, fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import { byteWords } from "./byte-words";
import styles from "./preferences-dialog.module.css";

/** How many there are, what room they take, and the way to be rid of them. */
export function StoredPictures({
  count,
  onDelete,
}: {
  count: number;
  onDelete: () => void;
}) {
  const { language, preferences } = useWords();
  const words = preferences.storage;
  const estimate = useStorageEstimate(count);
  return (
    <>
      <p className={styles.note}>
        {counted(words.kept, count, language)}
        {estimate &&
          ` ${fill(words.used, {
            used: byteWords(estimate.usedBytes, language),
            quota: byteWords(estimate.quotaBytes, language),
          })}`}
      </p>
      {count > 0 && (
        <div>
          <Button onClick={onDelete}>{words.deleteAll}</Button>
        </div>
      )}
    </>
  );
}

type StorageEstimate = { usedBytes: number; quotaBytes: number };

/** Asked again when the number of pictures changes; null where browsers do not tell. */
function useStorageEstimate(count: number): StorageEstimate | null {
  const [estimate, setEstimate] = useState<StorageEstimate | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => {
    let isCurrent = true;
    navigator.storage
      ?.estimate?.()
      .then(({ usage, quota }) => {
        if (!isCurrent || usage === undefined || quota === undefined) return;
        setEstimate({ usedBytes: usage, quotaBytes: quota });
      })
      .catch(() => setEstimate(null));
    return () => {
      isCurrent = false;
    };
  }, [count]);

  return estimate;
}
