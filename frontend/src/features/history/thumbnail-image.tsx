"use client";

import { useState } from "react";
import { Icon } from "@/components/icon";
import type { Picture } from "@/lib/pictures/picture";
import { usePictureUrl } from "@/lib/pictures/use-picture-url";
import styles from "./thumbnail-image.module.css";

/** Fills its box; decoration, what it stands in has the name. */
export function ThumbnailImage({ picture }: { picture: Picture }) {
  const source = usePictureUrl(picture, "thumbnail");
  const [broken, setBroken] = useState<string | null>(null);
  return (
    <span className={styles.box}>
      {source === null ? null : source === broken ? (
        // Neither this browser nor the server has it any more.
        <Icon name="image" />
      ) : (
        <img src={source} alt="" draggable={false} onError={() => setBroken(source)} />
      )}
    </span>
  );
}
