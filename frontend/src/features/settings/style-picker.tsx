import { FieldGroup } from "@/components/field";
import { useWords } from "@/lib/words/use-words";
import type { SettingsProps } from "./settings-panel";
import styles from "./style-picker.module.css";
import { stylePresets } from "./style-presets";

/** Manners of painting as chips; absent where the model understands none. */
export function StylePicker({ model, settings, onChange }: SettingsProps) {
  const { settings: words } = useWords();
  const presets = stylePresets(model, words.style);
  if (presets.length === 0) return null;
  const chosen = presets.find(({ id }) => id === settings.styleId) ?? null;
  const choices = [{ id: null, name: words.style.none }, ...presets];
  return (
    <FieldGroup id="field-style" label={words.style.label}>
      <div className={styles.chips}>
        {choices.map(({ id, name }) => (
          <button
            key={id ?? ""}
            type="button"
            className={styles.chip}
            aria-pressed={(chosen?.id ?? null) === id}
            onClick={() => onChange({ styleId: id })}
          >
            {name}
          </button>
        ))}
      </div>
    </FieldGroup>
  );
}
