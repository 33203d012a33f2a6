"use client";

import { Icon } from "@/components/icon";
import {
  type PictureAction,
  PictureActions,
} from "@/features/generation/picture-actions";
import { useModels } from "@/features/service/use-models";
import { DownloadMenu } from "@/features/transfer/download-menu";
import { noteWords } from "@/features/viewer/note-words";
import { parameterRows } from "@/features/viewer/parameters";
import type { Picture } from "@/lib/pictures/picture";
import { useWords } from "@/lib/words/use-words";
import {
  blobOf,
  compare,
  copyLink,
  discard,
  startFrom,
  toggleFavourite,
} from "../_shell/picture-commands";
import { restore, vary } from "./painting";
import styles from "./picture-details.module.css";
import { useCurrentModel } from "./use-current-model";

/** Under a finished picture: what can be done with it and all that made it. */
export function PictureDetails({ picture }: { picture: Picture }) {
  const words = useWords();
  const models = useModels();
  const model = useCurrentModel();
  const actions: Record<PictureAction, () => void> = {
    restore: () => restore(picture.recipe, words),
    vary: () => vary(picture.recipe, words),
    copyLink: () => copyLink(picture, words),
    compare: () => compare(picture),
    startFrom: () => void startFrom(picture, words),
    favourite: () => toggleFavourite(picture),
    trash: () => discard(picture, words),
  };
  return (
    <section className={styles.details} aria-label={words.app.result}>
      <PictureActions
        picture={picture}
        canStartFrom={model?.features.image_to_image ?? false}
        download={<DownloadMenu picture={picture} loadFile={() => blobOf(picture)} />}
        onAction={(action) => actions[action]()}
      />
      <dl className={styles.parameters}>
        {parameterRows(picture, words, models ?? []).map(({ name, label, value }) => (
          <div key={name} data-wide={name.endsWith("rompt")}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {picture.warnings.map((warning) => (
        <p key={warning} className={styles.note}>
          <Icon name="info" />
          {noteWords(warning, words)}
        </p>
      ))}
    </section>
  );
}
