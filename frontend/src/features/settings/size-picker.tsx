import type { CSSProperties } from "react";
import { FieldGroup } from "@/components/field";
import type { ModelDocument } from "@/lib/api/generated";
import { fieldId } from "./focus-field";
import type { SettingsProps } from "./settings-panel";
import styles from "./size-picker.module.css";
import { defaultSize, type SizePreset, sizeKey, sizePresets } from "./size-presets";

const LARGEST_DRAWING_PX = 28;
const SMALLEST_DRAWING_PX = 10;

/** Sizes as buttons, each drawn in its shape. */
export function SizePicker({
  model,
  settings,
  fault,
  onChange,
}: SettingsProps & { model: ModelDocument }) {
  const presets = sizePresets(model);
  const chosen = sizeKey(settings.size ?? defaultSize(model));
  const longest = Math.max(...presets.map(longestSide));
  const isEnlarged = presets.some(
    (preset) => preset.origin === "enlarged" && sizeKey(preset) === chosen,
  );
  return (
    <FieldGroup
      id={fieldId("size")}
      label="Size"
      error={fault?.field === "size" ? fault.message : null}
    >
      <div className={styles.presets}>
        {presets.map((preset) => (
          <label key={sizeKey(preset)} className={styles.preset}>
            <input
              type="radio"
              name="size"
              className="visually-hidden"
              checked={sizeKey(preset) === chosen}
              onChange={() => onChange({ size: preset })}
            />
            <span className={styles.shape} aria-hidden="true">
              <span data-origin={preset.origin} style={drawing(preset, longest)} />
            </span>
            <span className={styles.name}>
              {preset.width} × {preset.height}
              {preset.origin === "enlarged" && (
                <span className={styles.origin}>enlarged</span>
              )}
            </span>
          </label>
        ))}
      </div>
      {isEnlarged && (
        <p className={styles.note}>
          This model paints smaller. The picture is then enlarged: bigger, but with no
          more detail.
        </p>
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
