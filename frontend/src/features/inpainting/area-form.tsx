"use client";

import { type KeyboardEvent, useState } from "react";
import { Button } from "@/components/button";
import inputs from "@/components/input.module.css";
import { useWords } from "@/lib/words/use-words";
import styles from "./area-form.module.css";
import { AREA_NAMES, AREAS } from "./areas";
import type { Area, Tool } from "./mask-history";

const SIDES = ["x", "y", "width", "height"] as const;

type Props = { onArea: (tool: Tool, area: Area) => void };

/** Marks a rectangle by its name or by four numbers: nobody has to draw. */
export function AreaForm({ onArea }: Props) {
  const { inpainting: words } = useWords().settings;
  const [area, setArea] = useState<Area>(AREAS.centre);
  const labels = {
    x: words.x,
    y: words.y,
    width: words.across,
    height: words.down,
  };

  function markOnEnter(event: KeyboardEvent): void {
    if (event.key === "Enter") onArea("brush", area);
  }

  return (
    <details className={styles.areas}>
      <summary>{words.areas}</summary>
      <div className={styles.presets}>
        {AREA_NAMES.map((name) => (
          <Button key={name} onClick={() => onArea("brush", AREAS[name])}>
            {words.area[name]}
          </Button>
        ))}
      </div>
      <div className={styles.numbers}>
        {SIDES.map((side) => (
          <label key={side} className={styles.number}>
            {labels[side]}
            <input
              className={inputs.input}
              type="number"
              min={0}
              max={100}
              value={area[side]}
              onChange={(event) =>
                setArea({ ...area, [side]: event.target.valueAsNumber || 0 })
              }
              onKeyDown={markOnEnter}
            />
          </label>
        ))}
      </div>
      <div className={styles.presets}>
        <Button onClick={() => onArea("brush", area)}>{words.markArea}</Button>
        <Button onClick={() => onArea("eraser", area)}>{words.eraseArea}</Button>
      </div>
    </details>
  );
}
