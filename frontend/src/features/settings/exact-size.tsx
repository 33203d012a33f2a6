"use client";

import { useRef, useState } from "react";
import { Icon } from "@/components/icon";
import { IconButton } from "@/components/icon-button";
import inputs from "@/components/input.module.css";
import { useWords } from "@/lib/words/use-words";
import styles from "./exact-size.module.css";
import { messageFor } from "./faults";
import { fieldId } from "./focus-field";
import { sizeOf, withSize } from "./settings";
import type { SettingsProps } from "./settings-panel";

const OTHER_SIDE = { width: "height", height: "width" } as const;

/** Both sides to the pixel. */
export function ExactSize({ model, settings, fault, onChange }: SettingsProps) {
  const { size: words } = useWords().settings;
  const [keepsRatio, setKeepsRatio] = useState(false);
  // Width by height when a field was entered: half-typed numbers must not change it.
  const ratio = useRef(1);
  const size = sizeOf(settings, model);
  const { minimum, maximum, multiple_of: multiple } = model.sizes;

  function type(side: "width" | "height", text: string): void {
    const px = Number(text);
    if (!keepsRatio || !px) {
      onChange({ [side]: text });
      return;
    }
    const other = side === "width" ? px / ratio.current : px * ratio.current;
    const rounded = Math.round(other / multiple) * multiple;
    const within = Math.min(maximum, Math.max(minimum, rounded));
    onChange({ [side]: text, [OTHER_SIDE[side]]: String(within) });
  }

  return (
    <div className={styles.row}>
      {(["width", "height"] as const).map((side) => (
        <div key={side} className={styles.side}>
          <label className="visually-hidden" htmlFor={fieldId(side)}>
            {words[side]}
          </label>
          <span className={styles.letter} aria-hidden="true">
            {words[side].charAt(0)}
          </span>
          <input
            id={fieldId(side)}
            type="number"
            className={inputs.input}
            min={minimum}
            max={maximum}
            step={multiple}
            placeholder={String(model.defaults[side])}
            value={settings[side]}
            onFocus={() => {
              ratio.current = size.width / size.height;
            }}
            onChange={(event) => type(side, event.target.value)}
            aria-invalid={messageFor(fault, side) ? true : undefined}
            aria-describedby={messageFor(fault, side) ? "field-size-note" : undefined}
          />
        </div>
      ))}
      <IconButton
        label={words.swap}
        onClick={() => onChange(withSize({ width: size.height, height: size.width }))}
      >
        <Icon name="swap" />
      </IconButton>
      <IconButton
        label={words.keepRatio}
        aria-pressed={keepsRatio}
        onClick={() => setKeepsRatio(!keepsRatio)}
      >
        <Icon name="link" />
      </IconButton>
    </div>
  );
}
