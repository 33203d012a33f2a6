"use client";

import Link from "next/link";
import type { ReactNode } from "react";
import { Button } from "@/components/button";
import buttonStyles from "@/components/button.module.css";
import { Icon, type IconName } from "@/components/icon";
import type { Keeping } from "@/lib/pictures/library";
import { counted, fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import styles from "./notices.module.css";
import { sizeInWords, useStorageUse } from "./storage-use";

/** Why pictures may not last, and what helps. Nothing while all is well. */
export function StorageNotice({
  keeping,
  trashedCount,
  onEmptyTrash,
}: {
  keeping: Keeping;
  trashedCount: number;
  onEmptyTrash: () => void;
}) {
  const { history, language } = useWords();
  const { storage: words } = history;
  if (keeping !== "storage_full" && keeping !== "page_only") return null;
  const isFull = keeping === "storage_full";
  return (
    <section className={styles.notice} aria-label={words.label}>
      <p>
        <strong>{isFull ? words.fullTitle : words.pageOnlyTitle}</strong>{" "}
        {isFull ? words.full : words.pageOnly}
      </p>
      {isFull && trashedCount > 0 && (
        <Button onClick={onEmptyTrash}>
          {counted(words.emptyTrash, trashedCount, language)}
        </Button>
      )}
    </section>
  );
}

/** How much room the pictures take; nothing where the browser does not tell. */
export function StorageUse({ pictureCount }: { pictureCount: number }) {
  const { history, language } = useWords();
  const use = useStorageUse(pictureCount);
  if (!use) return null;
  return (
    <p className={styles.use}>
      {fill(history.storage.used, {
        used: sizeInWords(use.usedBytes, language),
        quota: sizeInWords(use.quotaBytes, language),
      })}
    </p>
  );
}

/** In the place of pictures that are not there. */
export function EmptyState({
  icon,
  title,
  advice,
  children,
}: {
  icon: IconName;
  title: string;
  advice: string;
  children?: ReactNode;
}) {
  return (
    <div className={styles.empty}>
      <Icon name={icon} />
      <h2>{title}</h2>
      <p>{advice}</p>
      {children}
    </div>
  );
}

export function StudioLink({ children }: { children: ReactNode }) {
  return (
    <Link href="/" prefetch={false} className={buttonStyles.primary}>
      {children}
    </Link>
  );
}
