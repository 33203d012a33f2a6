"use client";

import { useState } from "react";
import { Button } from "@/components/button";
import type { Picture } from "@/lib/pictures/picture";
import { usePictureUrl } from "@/lib/pictures/use-picture-url";
import { shortened } from "@/lib/words/shortened";
import { useWords } from "@/lib/words/use-words";
import styles from "./picture-chooser.module.css";

type Props = {
  pictures: readonly Picture[];
  chosenId: string | null;
  onChoose: (picture: Picture) => void;
};

// Each thumbnail holds a file open.
const AT_ONCE = 24;

export function PictureChooser({ pictures, chosenId, onChoose }: Props) {
  const words = useWords().viewer.compare;
  const [shownCount, setShownCount] = useState(AT_ONCE);
  if (pictures.length === 0) return <p className={styles.title}>{words.noOthers}</p>;
  return (
    <section className={styles.chooser} aria-label={words.chooseFirst}>
      <p className={styles.title}>{words.chooseFirst}</p>
      <ul className={styles.strip}>
        {pictures.slice(0, shownCount).map((picture) => (
          <li key={picture.id}>
            <button
              type="button"
              className={styles.choice}
              aria-pressed={picture.id === chosenId}
              onClick={() => onChoose(picture)}
            >
              <Thumbnail picture={picture} />
            </button>
          </li>
        ))}
        {shownCount < pictures.length && (
          <li className={styles.more}>
            <Button onClick={() => setShownCount(shownCount + AT_ONCE)}>
              {words.chooseMore}
            </Button>
          </li>
        )}
      </ul>
    </section>
  );
}

function Thumbnail({ picture }: { picture: Picture }) {
  const url = usePictureUrl(picture, "thumbnail");
  const { prompt, seed } = picture.recipe;
  const alt = seed === null ? shortened(prompt) : `${shortened(prompt)}, ${seed}`;
  return <img src={url ?? undefined} alt={alt} title={alt} draggable={false} />;
}
