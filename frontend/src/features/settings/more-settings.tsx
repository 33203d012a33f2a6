import dynamic from "next/dynamic";
import { Field } from "@/components/field";
import inputs from "@/components/input.module.css";
import { samplerName } from "@/lib/recipe/sampler-name";
import { counted, fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import type { Words } from "@/lib/words/words";
import { MAX_PROMPT_CHARACTERS } from "./check-settings";
import { type FieldName, messageFor } from "./faults";
import { fieldId } from "./focus-field";
import styles from "./more-settings.module.css";
import { NumberField } from "./number-field";
import { SeedField } from "./seed-field";
import { choosesSeed, lorasOf, samplerOf } from "./settings";
import type { SettingsProps } from "./settings-panel";

// Few models have any.
const LoraField = dynamic(async () => (await import("./lora-field")).LoraField);

type Props = SettingsProps & { lastSeed: number | null };

/** What most pictures do not need: folded away, and only what the model honours. */
export function MoreSettings({ lastSeed, ...common }: Props) {
  const { settings: words, language } = useWords();
  const { model, settings, fault, onChange } = common;
  const error = (field: FieldName) => messageFor(fault, field);
  return (
    <details className={styles.details}>
      <summary>
        {words.more}
        <span className={styles.changes}>
          {changes(common, words.changes, language).join(", ")}
        </span>
      </summary>
      <div className={styles.fields}>
        {model.features.negative_prompt && (
          <Field
            id={fieldId("negative_prompt")}
            label={words.negativePrompt.label}
            hint={words.negativePrompt.hint}
            error={error("negative_prompt")}
          >
            {(control) => (
              <textarea
                {...control}
                className={inputs.input}
                rows={2}
                maxLength={MAX_PROMPT_CHARACTERS}
                value={settings.negativePrompt}
                onChange={(event) => onChange({ negativePrompt: event.target.value })}
              />
            )}
          </Field>
        )}
        {choosesSeed(model) && (
          <SeedField
            seed={settings.seed}
            lastSeed={lastSeed}
            error={error("seed")}
            onChange={(seed) => onChange({ seed })}
          />
        )}
        <NumberField
          id={fieldId("num_inference_steps")}
          label={words.steps}
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
            label={words.guidance}
            value={settings.guidanceScale}
            defaultValue={model.defaults.guidance_scale}
            range={model.guidance_scale}
            step={0.5}
            error={error("guidance_scale")}
            onChange={(guidanceScale) => onChange({ guidanceScale })}
          />
        )}
        {(model.samplers?.length ?? 0) > 1 && (
          <Field id={fieldId("sampler")} label={words.sampler} error={error("sampler")}>
            {(control) => (
              <select
                {...control}
                className={inputs.input}
                value={samplerOf(settings, model)}
                onChange={(event) => onChange({ sampler: event.target.value })}
              >
                {model.samplers?.map((sampler) => (
                  <option key={sampler} value={sampler}>
                    {samplerName(sampler)}
                  </option>
                ))}
              </select>
            )}
          </Field>
        )}
        {(model.loras?.length ?? 0) > 0 && <LoraField {...common} />}
        {model.features.exact && (
          <div className={styles.switch}>
            <input
              id={fieldId("determinism")}
              type="checkbox"
              checked={settings.isExact}
              onChange={(event) => onChange({ isExact: event.target.checked })}
              aria-describedby={`${fieldId("determinism")}-note`}
            />
            <label htmlFor={fieldId("determinism")}>{words.exact.label}</label>
            <p id={`${fieldId("determinism")}-note`}>
              {error("determinism") ?? words.exact.hint}
            </p>
          </div>
        )}
      </div>
    </details>
  );
}

/** What is set in here, so that it acts on no picture unseen. */
function changes(
  { settings, model }: SettingsProps,
  words: Words["settings"]["changes"],
  language: string,
): string[] {
  const { features } = model;
  const { seed, numInferenceSteps: steps, guidanceScale: guidance } = settings;
  const sampler = samplerOf(settings, model);
  const loras = lorasOf(settings, model).length;
  return [
    features.negative_prompt && settings.negativePrompt && words.negativePrompt,
    choosesSeed(model) && seed && fill(words.seed, { seed }),
    steps && fill(words.steps, { steps }),
    features.guidance_scale && guidance && fill(words.guidance, { guidance }),
    sampler !== model.sampler && fill(words.sampler, { sampler: samplerName(sampler) }),
    loras > 0 && counted(words.loras, loras, language),
    features.exact && settings.isExact && words.exact,
  ].filter(isWorded);
}

function isWorded(change: string | false | undefined): change is string {
  return Boolean(change);
}
