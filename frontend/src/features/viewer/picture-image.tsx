"use client";

import { useState } from "react";
import type { Picture } from "@/lib/pictures/picture";
import { usePictureUrl } from "@/lib/pictures/use-picture-url";
import { fill } from "@/lib/words/format";
import { shortened } from "@/lib/words/shortened";
import { useWords } from "@/lib/words/use-words";
import styles from "./picture-image.module.css";

type Props = {
  picture: Picture;
  /** Stands before the prompt in its text alternative, such as "Picture A". */
  name?: string;
  /** Loaded so that it is there at once when it is wanted. */
  isHidden?: boolean;
};

/** Whole, in the middle of what it lies in. To be keyed by the picture. */
export function PictureImage({ picture, name, isHidden = false }: Props) {
  const { viewer: words } = useWords();
  const url = usePictureUrl(picture, "file");
  const [brokenUrl, setBrokenUrl] = useState<string | null>(null);
  if (!url) return null;
  if (url === brokenUrl) {
    return (
      <p className={styles.missing} hidden={isHidden}>
        {words.missing}
      </p>
    );
  }
  const alt = fill(words.alt, { prompt: shortened(picture.recipe.prompt) });
  return (
    <img
      className={styles.image}
      src={url}
      alt={name ? `${name}: ${alt}` : alt}
      hidden={isHidden}
      draggable={false}
      onError={() => setBrokenUrl(url)}
    />
  );
}
