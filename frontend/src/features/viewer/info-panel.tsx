"use client";

import type { ReactNode } from "react";
import { Button } from "@/components/button";
import type { Picture } from "@/lib/pictures/picture";
import { useWords } from "@/lib/words/use-words";
import { CopyButton } from "./copy-button";
import styles from "./info-panel.module.css";
import { type ParameterRow, parameterRows, type RecipePart } from "./parameters";
import { PART_KEYS } from "./viewer-keys";

type Props = {
  id: string;
  picture: Picture;
  hasCharacterKeys: boolean;
  onRestore: (picture: Picture, part: RecipePart) => void;
  onSay: (message: string) => void;
};

/** Everything that is known of a picture, to be copied or taken over. */
export function InfoPanel({ id, picture, hasCharacterKeys, onRestore, onSay }: Props) {
  const words = useWords();
  const { viewer } = words;

  function takeOver(row: ParameterRow) {
    if (row.name !== "prompt" && row.name !== "seed") return null;
    const part = row.name;
    const label = part === "prompt" ? viewer.actions.usePrompt : viewer.actions.useSeed;
    return (
      <Button
        aria-keyshortcuts={hasCharacterKeys ? PART_KEYS[part] : undefined}
        onClick={() => onRestore(picture, part)}
      >
        {label}
      </Button>
    );
  }

  return (
    <section id={id} className={styles.panel} aria-label={viewer.details}>
      {picture.warnings.length > 0 && (
        <ul className={styles.warnings} aria-label={viewer.warnings}>
          {picture.warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
      <dl className={styles.rows}>
        {parameterRows(picture, words).map((row) => (
          <Row key={row.name} row={row} onSay={onSay}>
            {takeOver(row)}
          </Row>
        ))}
      </dl>
      {hasCharacterKeys && <KeyHints />}
    </section>
  );
}

function Row({
  row: { name, label, value, plain },
  onSay,
  children,
}: {
  row: ParameterRow;
  onSay: Props["onSay"];
  children: ReactNode;
}) {
  return (
    <div data-wide={name === "prompt" || name === "negativePrompt"}>
      <dt>{label}</dt>
      <dd className={styles.value}>{value}</dd>
      <dd className={styles.tools}>
        <CopyButton label={label} text={plain} onSay={onSay} />
      </dd>
      {children && <dd className={styles.takeOver}>{children}</dd>}
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
