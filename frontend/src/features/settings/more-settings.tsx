import { Field } from "@/components/field";
import type { ModelDocument } from "@/lib/api/generated";
import { fieldId } from "./focus-field";
import inputs from "./inputs.module.css";
import styles from "./more-settings.module.css";
import { NumberField } from "./number-field";
import { SeedField } from "./seed-field";
import type { Settings } from "./settings";
import type { SettingsProps } from "./settings-panel";

type Props = SettingsProps & { model: ModelDocument; lastSeed: number | null };

/** What most pictures do not need: folded away, and only what the model honours. */
export function MoreSettings({ model, lastSeed, settings, fault, onChange }: Props) {
  const error = (field: string) => (fault?.field === field ? fault.message : null);
  return (
    <details className={styles.details}>
      <summary>
        More settings
        <span className={styles.changes}>{changes(settings).join(", ")}</span>
      </summary>
      <div className={styles.fields}>
        {model.features.negative_prompt && (
          <Field
            id={fieldId("negative_prompt")}
            label="Negative prompt"
            hint="What the picture must not show."
            error={error("negative_prompt")}
          >
            {(control) => (
              <textarea
                {...control}
                className={inputs.input}
                rows={2}
                maxLength={4000}
                value={settings.negativePrompt}
                onChange={(event) => onChange({ negativePrompt: event.target.value })}
              />
            )}
          </Field>
        )}
        <SeedField
          seed={settings.seed}
          lastSeed={lastSeed}
          error={error("seed")}
          onChange={(seed) => onChange({ seed })}
        />
        <NumberField
          id={fieldId("num_inference_steps")}
          label="Steps"
          value={settings.numInferenceSteps}
          defaultValue={model.defaults.num_inference_steps}
          range={model.num_inference_steps}
          step={1}
          error={error("num_inference_steps")}
          onChange={(numInferenceSteps) => onChange({ numInferenceSteps })}
        />
        {model.features.guidance_scale && (
          <NumberField
            id={fieldId("guidance_scale")}
            label="Guidance"
            value={settings.guidanceScale}
            defaultValue={model.defaults.guidance_scale}
            range={model.guidance_scale}
            step={0.5}
            error={error("guidance_scale")}
            onChange={(guidanceScale) => onChange({ guidanceScale })}
          />
        )}
      </div>
    </details>
  );
}

/** What is set in here, so that it acts on no picture unseen. */
function changes(settings: Settings): string[] {
  return [
    settings.negativePrompt && "negative prompt",
    settings.seed && `seed ${settings.seed}`,
    settings.numInferenceSteps && `${settings.numInferenceSteps} steps`,
    settings.guidanceScale && `guidance ${settings.guidanceScale}`,
  ].filter((change) => change !== "");
}
