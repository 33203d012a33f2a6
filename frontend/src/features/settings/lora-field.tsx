import { FieldGroup } from "@/components/field";
import { Icon } from "@/components/icon";
import { IconButton } from "@/components/icon-button";
import inputs from "@/components/input.module.css";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import { LORA_SCALE_RANGE } from "./check-settings";
import { messageFor } from "./faults";
import { fieldId } from "./focus-field";
import styles from "./lora-field.module.css";
import { lorasOf } from "./settings";
import type { SettingsProps } from "./settings-panel";

// The server takes no more of one generation.
const MAX_LORAS = 8;

/** Adapters that take part, each with its weight. */
export function LoraField({ model, settings, fault, onChange }: SettingsProps) {
  const { loras: words } = useWords().settings;
  const chosen = lorasOf(settings, model);
  const left = (model.loras ?? []).filter(
    (id) => !chosen.some((lora) => lora.id === id),
  );
  return (
    <FieldGroup
      id={fieldId("loras")}
      label={words.label}
      error={messageFor(fault, "loras")}
    >
      <ul className={styles.loras}>
        {chosen.map(({ id, scale }) => (
          <li key={id} className={styles.lora}>
            <span className={styles.name}>{id}</span>
            <input
              type="number"
              className={inputs.input}
              aria-label={fill(words.strength, { name: id })}
              min={LORA_SCALE_RANGE.minimum}
              max={LORA_SCALE_RANGE.maximum}
              step={0.1}
              placeholder="1"
              value={scale}
              onChange={(event) =>
                onChange({
                  loras: chosen.map((lora) =>
                    lora.id === id ? { id, scale: event.target.value } : lora,
                  ),
                })
              }
            />
            <IconButton
              label={fill(words.remove, { name: id })}
              onClick={() => {
                onChange({ loras: chosen.filter((lora) => lora.id !== id) });
                // The button goes: the focus must not go with it.
                document.getElementById(fieldId("loras"))?.focus();
              }}
            >
              <Icon name="close" />
            </IconButton>
          </li>
        ))}
      </ul>
      {left.length > 0 && chosen.length < MAX_LORAS && (
        <select
          className={inputs.input}
          aria-label={words.add}
          value=""
          onChange={(event) =>
            onChange({ loras: [...chosen, { id: event.target.value, scale: "" }] })
          }
        >
          <option value="">{words.add}</option>
          {left.map((id) => (
            <option key={id}>{id}</option>
          ))}
        </select>
      )}
    </FieldGroup>
  );
}
