"use client";

import type { ReactNode } from "react";
import { Button } from "@/components/button";
import { Icon, type IconName } from "@/components/icon";
import type { Picture } from "@/lib/pictures/picture";
import { useWords } from "@/lib/words/use-words";
import type { RecipePart } from "./parameters";
import styles from "./picture-actions.module.css";
import { PART_KEYS } from "./viewer-keys";

/** What the app can do with a picture; what it leaves out is not offered. */
export type PictureActions = {
  /** Into the settings: all of the recipe, or a part while the rest stays. */
  onRestore: (picture: Picture, part: RecipePart) => void;
  onVary?: (picture: Picture) => void;
  onCopyLink?: (picture: Picture) => void;
  onCompare?: (picture: Picture) => void;
  onFavourite?: (picture: Picture, isFavourite: boolean) => void;
  onTrash?: (picture: Picture) => void;
  renderDownload?: (picture: Picture) => ReactNode;
};

type Props = {
  picture: Picture;
  actions: PictureActions;
  hasCharacterKeys: boolean;
};

export function PictureActionBar({ picture, actions, hasCharacterKeys }: Props) {
  const { viewer: words } = useWords();
  const { onRestore, onVary, onCopyLink, onCompare, onFavourite, onTrash } = actions;
  return (
    <fieldset className={styles.bar} aria-label={words.actions.name}>
      <Button
        look="primary"
        aria-keyshortcuts={hasCharacterKeys ? PART_KEYS.all : undefined}
        onClick={() => onRestore(picture, "all")}
      >
        <Icon name="sliders" />
        {words.actions.restore}
      </Button>
      <div className={styles.others}>
        {onFavourite && (
          <ActionButton
            icon="star"
            label={words.actions.favourite}
            isPlain
            isPressed={picture.isFavourite}
            onClick={() => onFavourite(picture, !picture.isFavourite)}
          />
        )}
        {onVary && (
          <ActionButton
            icon="shuffle"
            label={words.actions.vary}
            onClick={() => onVary(picture)}
          />
        )}
        {onCompare && (
          <ActionButton
            icon="compare"
            label={words.actions.compare}
            onClick={() => onCompare(picture)}
          />
        )}
        {onCopyLink && (
          <ActionButton
            icon="link"
            label={words.actions.copyLink}
            onClick={() => onCopyLink(picture)}
          />
        )}
        {actions.renderDownload?.(picture)}
        {onTrash && (
          <ActionButton
            icon="trash"
            label={words.actions.trash}
            isPlain
            keyShortcuts="Delete"
            onClick={() => onTrash(picture)}
          />
        )}
      </div>
    </fieldset>
  );
}

/**
 * Its words leave where there is little room; they stay its name and tooltip.
 *
 * @param isPlain for an icon that everybody knows without words.
 */
function ActionButton({
  icon,
  label,
  isPlain = false,
  isPressed,
  keyShortcuts,
  onClick,
}: {
  icon: IconName;
  label: string;
  isPlain?: boolean;
  isPressed?: boolean;
  keyShortcuts?: string;
  onClick: () => void;
}) {
  return (
    <Button
      look="quiet"
      aria-pressed={isPressed}
      aria-keyshortcuts={keyShortcuts}
      title={label}
      onClick={onClick}
    >
      <Icon name={icon} isFilled={isPressed} />
      <span className={isPlain ? "visually-hidden" : styles.label}>{label}</span>
    </Button>
  );
}
