"use client";

import { lazy, type ReactNode, Suspense, useId, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { Button } from "@/components/button";
import { Icon } from "@/components/icon";
import type { ModelDocument } from "@/lib/api/generated";
import type { Recipe } from "@/lib/recipe/recipe";
import { useWords } from "@/lib/words/use-words";
import styles from "./drop-image.module.css";
import { ACCEPTED, firstFile } from "./image-files";
import type { ReadImage } from "./read-image";
import { useIncomingImage } from "./use-incoming-image";

const ImageDialog = lazy(() => import("./image-dialog"));

type Props = {
  /** What the recipe must fit; null while they are not known. */
  models: readonly ModelDocument[] | null;
  onRecipe: (recipe: Recipe) => void;
  /** Given where the model can start from an image. */
  onImage?: ((file: File) => void) | undefined;
};

/**
 * Images that somebody drops on the window, pastes, or chooses with the button here: a
 * dialog tells what they say of their making, and nothing changes before it is confirmed.
 */
export function DropImage({ models, onRecipe, onImage }: Props) {
  const { transfer } = useWords();
  const words = transfer.image;
  const [image, setImage] = useState<ReadImage | null>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const hintId = useId();

  async function show(file: File) {
    // Reading files is loaded when there is one.
    const { readImage } = await import("./read-image");
    setImage(await readImage(file));
  }

  const isOver = useIncomingImage((file) => void show(file));

  return (
    <>
      <div className={styles.chooser}>
        <Button
          look="quiet"
          aria-describedby={hintId}
          onClick={() => chooser.current?.click()}
        >
          <Icon name="restore" />
          {words.choose}
        </Button>
        <p id={hintId}>{words.chooseHint}</p>
      </div>
      <input
        ref={chooser}
        type="file"
        hidden
        accept={ACCEPTED}
        onChange={({ target }) => {
          const file = firstFile(target.files);
          // The same file again is a change again.
          target.value = "";
          if (file) void show(file);
        }}
      />
      {isOver &&
        overAll(
          <div className={styles.overlay}>
            <p>
              <Icon name="image" />
              {words.dropHere}
            </p>
          </div>,
        )}
      {image &&
        overAll(
          <Suspense>
            <ImageDialog
              image={image}
              models={models ?? []}
              onRecipe={onRecipe}
              onImage={onImage}
              onClose={() => setImage(null)}
            />
          </Suspense>,
        )}
    </>
  );
}

/** Also where the button is in something that is closed, as a phone's settings are. */
function overAll(children: ReactNode): ReactNode {
  return createPortal(children, document.body);
}
