"use client";

import type { ModelDocument } from "@/lib/api/generated";
import { ImageCount } from "./image-count";
import { ModelPicker } from "./model-picker";
import { MoreSettings } from "./more-settings";
import type { Fault, Settings } from "./settings";
import styles from "./settings-panel.module.css";
import { SizePicker } from "./size-picker";

export const SETTINGS_PANEL_ID = "settings";

export type SettingsProps = {
  settings: Settings;
  fault: Fault | null;
  onChange: (change: Partial<Settings>) => void;
};

type Props = SettingsProps & {
  models: ModelDocument[] | null;
  model: ModelDocument | null;
  onModelChange: (modelId: string) => void;
  /** Of the last result: what the lock keeps while the field is empty. */
  lastSeed: number | null;
};

/**
 * Every control that the model honours.
 *
 * A popover on a phone, where it slides over the picture, and a plain part of the
 * page where there is room: the style sheet decides.
 */
export function SettingsPanel({ models, model, onModelChange, ...rest }: Props) {
  return (
    <section
      id={SETTINGS_PANEL_ID}
      popover="auto"
      className={styles.panel}
      aria-label="Settings"
    >
      <div className={styles.titleBar}>
        <h2>Settings</h2>
        <button type="button" popoverTarget={SETTINGS_PANEL_ID} className={styles.done}>
          Done
        </button>
      </div>
      {model ? (
        <>
          {models && models.length > 1 && (
            <ModelPicker models={models} model={model} onModelChange={onModelChange} />
          )}
          <SizePicker model={model} {...rest} />
          {model.max_images > 1 && <ImageCount maximum={model.max_images} {...rest} />}
          <MoreSettings model={model} {...rest} />
        </>
      ) : (
        <p className={styles.unknown}>
          The controls appear as soon as the model says what it can do.
        </p>
      )}
    </section>
  );
}
