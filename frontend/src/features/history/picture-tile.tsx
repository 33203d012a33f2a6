import type { CSSProperties, KeyboardEvent, MouseEvent } from "react";
import { Icon } from "@/components/icon";
import type { Picture } from "@/lib/pictures/picture";
import styles from "./picture-tile.module.css";
import { ThumbnailImage } from "./thumbnail-image";

type Props = {
  picture: Picture;
  /** Its name for screen readers: the prompt and what is special. */
  label: string;
  /** A few words on the picture itself. */
  badge: string | null;
  corner: { left: number; top: number };
  sidePx: number;
  /** Place in its list, from 1, and how long that is: not all of it is in the page. */
  position: number;
  total: number;
  /** Whether Tab leads here. */
  isActive: boolean;
  /** Null while nothing is being selected. */
  isSelected: boolean | null;
  onPress: (event: MouseEvent) => void;
  onKeyDown: (event: KeyboardEvent) => void;
  onFocus: () => void;
};

export function tileId(pictureId: string): string {
  return `picture-${pictureId}`;
}

export function PictureTile(props: Props) {
  const { picture, corner, sidePx, isSelected, badge } = props;
  const place: CSSProperties = { ...corner, width: sidePx, height: sidePx };
  return (
    <li
      className={styles.place}
      style={place}
      aria-setsize={props.total}
      aria-posinset={props.position}
    >
      <button
        type="button"
        id={tileId(picture.id)}
        className={styles.tile}
        tabIndex={props.isActive ? 0 : -1}
        aria-label={props.label}
        aria-pressed={isSelected ?? undefined}
        onClick={props.onPress}
        onKeyDown={props.onKeyDown}
        onFocus={props.onFocus}
      >
        <ThumbnailImage picture={picture} />
        {isSelected !== null && (
          <span className={styles.mark} data-selected={isSelected}>
            {isSelected && <Icon name="check" />}
          </span>
        )}
        {picture.isFavourite && (
          <span className={styles.star}>
            <Icon name="star" isFilled />
          </span>
        )}
        {badge && <span className={styles.badge}>{badge}</span>}
      </button>
    </li>
  );
}
