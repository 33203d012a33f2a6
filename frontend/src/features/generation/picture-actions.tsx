"use client";

import type { ReactNode } from "react";
import { Button } from "@/components/button";
import { Icon } from "@/components/icon";
import { IconButton } from "@/components/icon-button";
import type { Picture } from "@/lib/pictures/picture";
import { useWords } from "@/lib/words/use-words";
import styles from "./picture-actions.module.css";

export type PictureAction =
  | "restore"
  | "vary"
  | "copyLink"
  | "compare"
  | "startFrom"
  | "favourite"
  | "trash";

type Props = {
  picture: Picture;
  /** Where the model paints from an image. */
  canStartFrom: boolean;
  /** The download has forms of its own. */
  download: ReactNode;
  onAction: (action: PictureAction) => void;
};

/** The row under a finished picture. */
export function PictureActions({ picture, canStartFrom, download, onAction }: Props) {
  const { actions } = useWords().generation;
  return (
    <section className={styles.actions} aria-label={actions.label}>
      <div className={styles.ways}>
        <Button title={actions.restoreHint} onClick={() => onAction("restore")}>
          <Icon name="sliders" />
          {actions.restore}
        </Button>
        <Button title={actions.varyHint} onClick={() => onAction("vary")}>
          <Icon name="shuffle" />
          {actions.vary}
        </Button>
        {download}
      </div>
      <div className={styles.others}>
        <IconButton
          label={actions.favourite}
          aria-pressed={picture.isFavourite}
          onClick={() => onAction("favourite")}
        >
          <Icon name="star" isFilled={picture.isFavourite} />
        </IconButton>
        <IconButton label={actions.copyLink} onClick={() => onAction("copyLink")}>
          <Icon name="link" />
        </IconButton>
        <IconButton label={actions.compare} onClick={() => onAction("compare")}>
          <Icon name="compare" />
        </IconButton>
        {canStartFrom && (
          <IconButton label={actions.startFrom} onClick={() => onAction("startFrom")}>
            <Icon name="image" />
          </IconButton>
        )}
        <IconButton label={actions.trash} onClick={() => onAction("trash")}>
          <Icon name="trash" />
        </IconButton>
      </div>
    </section>
  );
}

type ChoiceProps = {
  count: number;
  chosen: number;
  onChoose: (index: number) => void;
};

/** Which of several images the actions are about. */
export function ImageChoice({ count, chosen, onChoose }: ChoiceProps) {
  const { actions } = useWords().generation;
  return (
    <fieldset className={styles.choice}>
      <legend>{actions.which}</legend>
      {Array.from({ length: count }, (_, index) => index).map((index) => (
        <label key={index}>
          <input
            type="radio"
            name="chosen-image"
            className="visually-hidden"
            checked={index === chosen}
            onChange={() => onChoose(index)}
          />
          {index + 1}
        </label>
      ))}
    </fieldset>
  );
}
