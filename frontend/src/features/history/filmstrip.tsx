"use client";

import Link from "next/link";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { openLibrary, useLibrary } from "@/lib/pictures/library";
import type { Picture } from "@/lib/pictures/picture";
import { useWords } from "@/lib/words/use-words";
import styles from "./filmstrip.module.css";
import { ThumbnailImage } from "./thumbnail-image";
import { tileLabel } from "./tile-words";

const LENGTH = 24;

type Props = {
  /** The picture that the stage shows, if it shows one. */
  shownId: string | null;
  onShow: (picture: Picture) => void;
};

/** The newest pictures beside the stage: a row on a phone, a column on wide screens. */
export function Filmstrip({ shownId, onShow }: Props) {
  const { history: words, language } = useWords();
  const pictures = useLibrary((library) => library.pictures);
  const [focusedId, setFocusedId] = useState<string | null>(null);
  const list = useRef<HTMLUListElement>(null);

  useEffect(() => void openLibrary(), []);

  useEffect(() => {
    if (shownId === null) return;
    const shown = list.current?.querySelector('[aria-current="true"]');
    shown?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [shownId]);

  const newest = pictures
    .filter(({ trashedAt }) => trashedAt === null)
    .slice(0, LENGTH);
  if (newest.length === 0) return null;
  const activeId = [focusedId, shownId].find((id) =>
    newest.some((one) => one.id === id),
  );

  function moveFocus(event: KeyboardEvent, index: number) {
    const next = nextIndex(event.key, index, newest.length);
    if (next === null) return;
    event.preventDefault();
    list.current?.querySelectorAll("button")[next]?.focus();
  }

  return (
    <nav className={styles.filmstrip} aria-label={words.newest}>
      <ul ref={list} className={styles.pictures}>
        {newest.map((picture, index) => (
          <li key={picture.id}>
            <button
              type="button"
              className={styles.picture}
              aria-label={tileLabel(picture, 0, words, language)}
              aria-current={picture.id === shownId ? "true" : undefined}
              tabIndex={picture.id === (activeId ?? newest[0]?.id) ? 0 : -1}
              onClick={() => onShow(picture)}
              onFocus={() => setFocusedId(picture.id)}
              onKeyDown={(event) => moveFocus(event, index)}
            >
              <ThumbnailImage picture={picture} />
            </button>
          </li>
        ))}
      </ul>
      <Link href="/history" prefetch={false} className={styles.all}>
        {words.allPictures}
      </Link>
    </nav>
  );
}

/** The strip lies or stands: both pairs of arrows lead along it. */
function nextIndex(key: string, index: number, length: number): number | null {
  switch (key) {
    case "ArrowLeft":
    case "ArrowUp":
      return Math.max(0, index - 1);
    case "ArrowRight":
    case "ArrowDown":
      return Math.min(length - 1, index + 1);
    case "Home":
      return 0;
    case "End":
      return length - 1;
    default:
      return null;
  }
}
