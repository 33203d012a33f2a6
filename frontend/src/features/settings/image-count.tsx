import { FieldGroup } from "@/components/field";
import { useWords } from "@/lib/words/use-words";
import { messageFor } from "./faults";
import { fieldId } from "./focus-field";
import styles from "./image-count.module.css";
import type { SettingsProps } from "./settings-panel";

/** How many images of one prompt: one button a number. */
export function ImageCount({ model, settings, fault, onChange }: SettingsProps) {
  const { settings: words } = useWords();
  const counts = Array.from({ length: model.max_images }, (_, index) => index + 1);
  const chosen = Math.min(settings.numImages, model.max_images);
  return (
    <FieldGroup
      id={fieldId("num_images")}
      label={words.images.label}
      error={messageFor(fault, "num_images")}
    >
      <div className={styles.counts}>
        {counts.map((count) => (
          <label key={count} className={styles.count}>
            <input
              type="radio"
              name="num_images"
              className="visually-hidden"
              checked={chosen === count}
              onChange={() => onChange({ numImages: count })}
            />
            {count}
          </label>
        ))}
      </div>
    </FieldGroup>
  );
}
