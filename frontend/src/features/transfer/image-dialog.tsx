"use client";

import { useEffect, useRef, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { showToast } from "@/components/toasts";
import type { ModelDocument } from "@/lib/api/generated";
import { revokeLater } from "@/lib/files/object-url";
import type { Recipe } from "@/lib/recipe/recipe";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import { FoundSettings } from "./found-settings";
import styles from "./image-dialog.module.css";
import { MAX_FILE_MB, type ReadImage } from "./read-image";

type Props = {
  image: ReadImage;
  models: readonly ModelDocument[];
  onRecipe: (recipe: Recipe) => void;
  onImage?: ((file: File) => void) | undefined;
  onClose: () => void;
};

/** What an image says of its making, and what can be done with it. */
export default function ImageDialog({
  image,
  models,
  onRecipe,
  onImage,
  onClose,
}: Props) {
  const { transfer } = useWords();
  const words = transfer.image;
  const useButton = useRef<HTMLButtonElement>(null);
  const titles = {
    found: words.foundTitle,
    silent: words.nothingTitle,
    unreadable: words.unreadableTitle,
  };

  // What most have come for, not the way out; what stands above is still seen first.
  useEffect(() => useButton.current?.focus({ preventScroll: true }), []);

  function takeSettings(recipe: Recipe) {
    onRecipe(recipe);
    onClose();
    showToast(words.used);
  }

  const start = image.kind !== "unreadable" && onImage && (
    <Button
      onClick={() => {
        onImage(image.file);
        onClose();
      }}
    >
      {words.startFrom}
    </Button>
  );

  return (
    <Dialog title={titles[image.kind]} closeLabel={words.close} onClose={onClose}>
      <div className={styles.content}>
        {image.kind === "unreadable" ? (
          <p>{fill(words.unreadable, { limit: MAX_FILE_MB })}</p>
        ) : (
          <Preview file={image.file} />
        )}
        {image.kind === "silent" && (
          <>
            <p>{words.nothing}</p>
            {start && <div className={styles.actions}>{start}</div>}
          </>
        )}
        {image.kind === "found" && (
          <FoundSettings
            found={image.found}
            models={models}
            onUse={takeSettings}
            useButton={useButton}
          >
            {start}
          </FoundSettings>
        )}
      </div>
    </Dialog>
  );
}

function Preview({ file }: { file: File }) {
  const { transfer } = useWords();
  const [address, setAddress] = useState<string | null>(null);

  useEffect(() => {
    const made = URL.createObjectURL(file);
    setAddress(made);
    return () => revokeLater(made);
  }, [file]);

  if (!address) return <div className={styles.preview} />;
  return <img className={styles.preview} src={address} alt={transfer.image.preview} />;
}
