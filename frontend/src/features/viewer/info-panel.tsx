"use client";

import { Button } from "@/components/button";
import { Icon } from "@/components/icon";
import type { ModelDocument } from "@/lib/api/generated";
import type { Picture } from "@/lib/pictures/picture";
import { useWords } from "@/lib/words/use-words";
import { CopyAllButton, CopyButton } from "./copy-button";
import styles from "./info-panel.module.css";
import { noteWords } from "./note-words";
import { type ParameterRow, parameterRows, type RecipePart } from "./parameters";
import { PART_KEYS } from "./viewer-keys";

type Props = {
  id: string;
  picture: Picture;
  /** For their names. */
  models: readonly ModelDocument[];
  hasCharacterKeys: boolean;
  onRestore: (picture: Picture, part: RecipePart) => void;
  onSay: (message: string) => void;
};

/** What can be taken over alone. */
const PARTS = [
  { part: "prompt", icon: "sliders", label: "usePrompt" },
  { part: "seed", icon: "dice", label: "useSeed" },
] as const;

/** Everything that is known of a picture, to be copied or taken over. */
export function InfoPanel({
  id,
  picture,
  models,
  hasCharacterKeys,
  onRestore,
  onSay,
}: Props) {
  const words = useWords();
  const { viewer } = words;
  const rows = parameterRows(picture, words, models);
  const all = rows.map(({ label, plain }) => `${label}: ${plain}`).join("\n");
  return (
    <section id={id} className={styles.panel} aria-label={viewer.details}>
      <dl className={styles.rows}>
        {rows.map((row) => (
          <Row key={row.name} row={row} onSay={onSay} />
        ))}
      </dl>
      {picture.warnings.length > 0 && (
        <ul className={styles.notes} aria-label={viewer.warnings}>
          {picture.warnings.map((warning) => (
            <li key={warning}>
              <Icon name="info" />
              {noteWords(warning, words)}
            </li>
          ))}
        </ul>
      )}
      <div className={styles.more}>
        <CopyAllButton text={all} onSay={onSay} />
        {PARTS.map(({ part, icon, label }) => (
          <Button
            key={part}
            look="quiet"
            aria-keyshortcuts={hasCharacterKeys ? PART_KEYS[part] : undefined}
            onClick={() => onRestore(picture, part)}
          >
            <Icon name={icon} />
            {viewer.actions[label]}
          </Button>
        ))}
      </div>
      {hasCharacterKeys && <KeyHints />}
    </section>
  );
}

function Row({
  row: { name, label, value, plain },
  onSay,
}: {
  row: ParameterRow;
  onSay: Props["onSay"];
}) {
  return (
    <div data-wide={name === "prompt" || name === "negativePrompt"}>
      <dt>{label}</dt>
      <dd className={styles.value}>{value}</dd>
      <dd className={styles.tools}>
        <CopyButton label={label} text={plain} onSay={onSay} />
      </dd>
    </div>
  );
}

function KeyHints() {
  const {
    viewer: { keys: words },
  } = useWords();
  const hints = [
    { keys: ["←", "→"], does: words.browse },
    { keys: ["+", "−"], does: words.zoom },
    { keys: ["0"], does: words.fit },
    { keys: Object.values(PART_KEYS), does: words.parts },
  ];
  return (
    <ul className={styles.keys} aria-label={words.name}>
      {hints.map(({ keys, does }) => (
        <li key={does}>
          {keys.map((key) => (
            <kbd key={key}>{key}</kbd>
          ))}
          {does}
        </li>
      ))}
    </ul>
  );
}
