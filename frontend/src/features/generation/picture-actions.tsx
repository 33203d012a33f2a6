"use client";

import type { ReactNode } from "react";
import { Button } from "@/components/button";
import { Icon } from "@/components/icon";
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
      <Button title={actions.restoreHint} onClick={() => onAction("restore")}>
        <Icon name="restore" />
        {actions.restore}
      </Button>
      <Button title={actions.varyHint} onClick={() => onAction("vary")}>
        <Icon name="shuffle" />
        {actions.vary}
      </Button>
      {canStartFrom && (
        <Button title={actions.startFromHint} onClick={() => onAction("startFrom")}>
          <Icon name="image" />
          {actions.startFrom}
        </Button>
      )}
      {download}
      <Button look="quiet" onClick={() => onAction("copyLink")}>
        <Icon name="link" />
        {actions.copyLink}
      </Button>
      <Button look="quiet" onClick={() => onAction("compare")}>
        <Icon name="compare" />
        {actions.compare}
      </Button>
      <Button
        look="quiet"
        aria-pressed={picture.isFavourite}
        onClick={() => onAction("favourite")}
      >
        <Icon name="star" isFilled={picture.isFavourite} />
        {actions.favourite}
      </Button>
      <Button look="quiet" onClick={() => onAction("trash")}>
        <Icon name="trash" />
        {actions.trash}
      </Button>
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
