import type { CSSProperties } from "react";
import { FieldGroup } from "@/components/field";
import { useWords } from "@/lib/words/use-words";
import { ExactSize } from "./exact-size";
import { messageFor } from "./faults";
import { sizeOf, withSize } from "./settings";
import type { SettingsProps } from "./settings-panel";
import styles from "./size-picker.module.css";
import { isEnlarged, type SizePreset, sizeKey, sizePresets } from "./size-presets";

const LARGEST_DRAWING_PX = 28;
const SMALLEST_DRAWING_PX = 10;

/** Sizes as buttons, each drawn in its shape, and below them to the pixel. */
export function SizePicker({ model, settings, fault, onChange }: SettingsProps) {
  const { settings: words } = useWords();
  const presets = sizePresets(model);
  const size = sizeOf(settings, model);
  const longest = Math.max(...presets.map(longestSide));
  return (
    <FieldGroup
      id="field-size"
      label={words.size.label}
      error={messageFor(fault, "width") ?? messageFor(fault, "height")}
    >
      <div className={styles.presets}>
        {presets.map((preset) => (
          <label key={sizeKey(preset)} className={styles.preset}>
            <input
              type="radio"
              name="size"
              className="visually-hidden"
              checked={sizeKey(preset) === sizeKey(size)}
              onChange={() => onChange(withSize(preset))}
            />
            <span className={styles.shape} aria-hidden="true">
              <span data-origin={preset.origin} style={drawing(preset, longest)} />
            </span>
            <span className={styles.name}>
              {preset.width} × {preset.height}
              {preset.origin === "enlarged" && (
                <span className={styles.origin}>{words.size.enlarged}</span>
              )}
            </span>
          </label>
        ))}
      </div>
      {!model.sizes.only_native && (
        <ExactSize
          model={model}
          settings={settings}
          fault={fault}
          onChange={onChange}
        />
      )}
      {isEnlarged(size, model.sizes) && (
        <p className={styles.note}>{words.size.enlargedNote}</p>
      )}
    </FieldGroup>
  );
}

function longestSide({ width, height }: SizePreset): number {
  return Math.max(width, height);
}

/** To scale in shape; in size only roughly, or the smallest would be a dot. */
function drawing(preset: SizePreset, longest: number): CSSProperties {
  const share = Math.sqrt(longestSide(preset) / longest);
  const side = Math.max(SMALLEST_DRAWING_PX, LARGEST_DRAWING_PX * share);
  const scale = side / longestSide(preset);
  return { width: preset.width * scale, height: preset.height * scale };
}
