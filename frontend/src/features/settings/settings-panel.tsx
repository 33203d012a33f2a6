"use client";

import type { ReactNode } from "react";
import type { ModelDocument } from "@/lib/api/generated";
import { useWords } from "@/lib/words/use-words";
import type { Fault } from "./faults";
import { ImageCount } from "./image-count";
import { ModelPicker } from "./model-picker";
import { MoreSettings } from "./more-settings";
import type { Settings } from "./settings";
import styles from "./settings-panel.module.css";
import { SETTINGS_PANEL_ID } from "./settings-panel-id";
import { changeSettings, useSettings } from "./settings-store";
import { SizePicker } from "./size-picker";
import {
  type RenderMaskEditor,
  SourceImageField,
} from "./source-image/source-image-field";
import { StylePicker } from "./style-picker";

export { SETTINGS_PANEL_ID };

/** What every control of the panel gets. */
export type SettingsProps = {
  model: ModelDocument;
  settings: Settings;
  fault: Fault | null;
  onChange: (change: Partial<Settings>) => void;
};

type Props = {
  models: ModelDocument[] | null;
  model: ModelDocument | null;
  /** Of the last result: what the lock keeps while the field is empty. */
  lastSeed: number | null;
  /** Without it no part of an image can be marked. */
  renderMaskEditor?: RenderMaskEditor;
  /** Other ways to fill in the form. */
  children?: ReactNode;
};

/**
 * Every control that the model honours.
 *
 * A popover on a phone, where it slides over the picture, and a plain part of the
 * page where there is room: the style sheet decides.
 */
export function SettingsPanel({
  models,
  model,
  lastSeed,
  renderMaskEditor,
  children,
}: Props) {
  const { settings: words } = useWords();
  const { settings, fault } = useSettings();
  const common = model && { model, settings, fault, onChange: changeSettings };
  return (
    <section
      id={SETTINGS_PANEL_ID}
      popover="auto"
      className={styles.panel}
      aria-label={words.title}
    >
      <div className={styles.titleBar}>
        <h2>{words.title}</h2>
        <button type="button" popoverTarget={SETTINGS_PANEL_ID} className={styles.done}>
          {words.done}
        </button>
      </div>
      {common ? (
        <>
          <ModelPicker models={models ?? []} model={common.model} fault={fault} />
          <SizePicker {...common} />
          {common.model.max_images > 1 && <ImageCount {...common} />}
          <StylePicker {...common} />
          {common.model.features.image_to_image && (
            <SourceImageField {...common} renderMaskEditor={renderMaskEditor} />
          )}
          <MoreSettings {...common} lastSeed={lastSeed} />
          {children}
        </>
      ) : (
        <p className={styles.unknown}>{words.unknown}</p>
      )}
    </section>
  );
}
