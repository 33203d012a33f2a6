"use client";

import { useId } from "react";
import { useWords } from "@/lib/words/use-words";
import styles from "./compare-modes.module.css";

const MODES = ["slider", "beside", "overlay", "difference"] as const;

export type CompareMode = (typeof MODES)[number];

type Props = { mode: CompareMode; onChange: (mode: CompareMode) => void };

export function CompareModes({ mode, onChange }: Props) {
  const words = useWords().viewer.compare.modes;
  const group = useId();
  return (
    <fieldset className={styles.modes}>
      <legend className="visually-hidden">{words.name}</legend>
      {MODES.map((one) => (
        <label key={one} className={styles.mode}>
          <input
            type="radio"
            className="visually-hidden"
            name={group}
            checked={mode === one}
            onChange={() => onChange(one)}
          />
          {words[one]}
        </label>
      ))}
    </fieldset>
  );
}
