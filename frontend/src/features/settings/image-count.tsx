import { FieldGroup } from "@/components/field";
import { fieldId } from "./focus-field";
import styles from "./image-count.module.css";
import type { SettingsProps } from "./settings-panel";

/** How many images of one prompt: one button a number. */
export function ImageCount({
  maximum,
  settings,
  fault,
  onChange,
}: SettingsProps & { maximum: number }) {
  const counts = Array.from({ length: maximum }, (_, index) => index + 1);
  return (
    <FieldGroup
      id={fieldId("num_images")}
      label="Images"
      error={fault?.field === "num_images" ? fault.message : null}
    >
      <div className={styles.counts}>
        {counts.map((count) => (
          <label key={count} className={styles.count}>
            <input
              type="radio"
              name="num_images"
              className="visually-hidden"
              checked={settings.numImages === count}
              onChange={() => onChange({ numImages: count })}
            />
            {count}
          </label>
        ))}
      </div>
    </FieldGroup>
  );
}
