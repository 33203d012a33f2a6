"use client";

import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Icon } from "@/components/icon";
import { LiveRegion } from "@/components/live-region";
import { FailureNotice } from "@/features/generation/failure-notice";
import { isGenerating } from "@/features/generation/generation-view";
import { ProgressLine } from "@/features/generation/progress-line";
import { announcement } from "@/features/generation/progress-words";
import { Result } from "@/features/generation/result";
import { Stage } from "@/features/generation/stage";
import { useCountdown } from "@/features/generation/use-countdown";
import { useGeneration } from "@/features/generation/use-generation";
import { ServiceBanner } from "@/features/service/service-banner";
import { serviceWords } from "@/features/service/service-words";
import { useModels } from "@/features/service/use-models";
import { useService } from "@/features/service/use-service";
import { Composer } from "@/features/settings/composer";
import { focusField, focusGenerate } from "@/features/settings/focus-field";
import {
  checkSettings,
  chosenModel,
  type Fault,
  fieldOfParam,
  INITIAL_SETTINGS,
  type Settings,
  withModel,
} from "@/features/settings/settings";
import { SETTINGS_PANEL_ID, SettingsPanel } from "@/features/settings/settings-panel";
import {
  defaultSize,
  nextSmaller,
  sizePresets,
} from "@/features/settings/size-presets";
import { useWords } from "@/lib/words/use-words";
import { Header } from "./header";
import { IdleStage } from "./idle-stage";
import styles from "./studio.module.css";

/** Joins the features: settings become a generation, whose view is the stage. */
export function Studio() {
  const { service, recheck } = useService();
  const models = useModels();
  const { service: serviceTexts } = useWords();
  const [settings, setSettings] = useState<Settings>(INITIAL_SETTINGS);
  const [fault, setFault] = useState<Fault | null>(null);
  const { view, start, cancel } = useGeneration();
  const failure = view.status === "failed" ? view.failure : null;
  const waitS = useCountdown(failure);

  const model = chosenModel(models, settings);
  const size = settings.size ?? (model ? defaultSize(model) : { width: 1, height: 1 });
  const plan = { prompt: settings.prompt, ...size, numImages: settings.numImages };
  const smaller = model && nextSmaller(size, sizePresets(model));

  function change(part: Partial<Settings>) {
    setSettings((before) => ({ ...before, ...part }));
    setFault(null);
  }

  function changeModel(modelId: string) {
    setSettings((before) => withModel(before, modelId));
    setFault(null);
  }

  function refuse(found: Fault) {
    setFault(found);
    focusField(found.field);
  }

  async function generateWith(wanted: Settings) {
    if (isGenerating(view)) return;
    const checked = checkSettings(wanted, model);
    if (!checked.isValid) return refuse(checked.fault);
    setFault(null);
    const { width, height } = wanted.size ?? size;
    const failed = await start(checked.request, { ...plan, width, height });
    if (!failed) return;
    recheck();
    const field = fieldOfParam(failed.param);
    if (field) refuse({ field, message: failed.detail ?? "This cannot be used." });
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    if (waitS === null) void generateWith(settings);
  }

  function takeSmallerSize() {
    if (!smaller) return;
    focusGenerate();
    change({ size: smaller });
    void generateWith({ ...settings, size: smaller });
  }

  return (
    <div className={styles.studio}>
      <Header service={service} />
      <ServiceBanner service={service} />
      <main className={styles.main}>
        <form
          className={styles.form}
          onSubmit={submit}
          noValidate
          aria-label="New picture"
        >
          <Composer
            prompt={settings.prompt}
            error={fault?.field === "prompt" ? fault.message : null}
            onPromptChange={(prompt) => change({ prompt })}
            isGenerating={isGenerating(view)}
            waitS={waitS}
            onCancel={cancel}
            idleAside={<SettingsButton />}
          />
          <SettingsPanel
            models={models}
            model={model}
            settings={settings}
            fault={fault}
            lastSeed={
              view.status === "completed" ? view.generation.parameters.seed : null
            }
            onChange={change}
            onModelChange={changeModel}
          />
        </form>
        <div className={styles.easel}>
          <Stage
            view={view}
            nextPlan={plan}
            idle={
              <IdleStage
                service={service}
                examples={model?.example_prompts ?? []}
                onExample={(prompt) => {
                  change({ prompt });
                  focusField("prompt");
                }}
              />
            }
          >
            <ProgressLine view={view} />
            {view.status === "completed" && (
              <Result
                generation={view.generation}
                keptSeed={settings.seed}
                onKeepSeed={(seed) => change({ seed })}
              />
            )}
            {failure && (
              <FailureNotice
                failure={failure}
                actions={
                  failure.kind === "out_of_memory" &&
                  smaller && (
                    <Button onClick={takeSmallerSize}>
                      Try {smaller.width} × {smaller.height}
                    </Button>
                  )
                }
              />
            )}
          </Stage>
        </div>
      </main>
      <LiveRegion
        messages={[
          serviceWords(service, serviceTexts).trouble?.title ?? "",
          announcement(view),
        ]}
      />
    </div>
  );
}

/** Opens the settings where they do not fit beside the picture. */
function SettingsButton() {
  return (
    <>
      <span className={styles.enterHint}>or Enter ↵</span>
      <button
        type="button"
        className={styles.settingsButton}
        popoverTarget={SETTINGS_PANEL_ID}
      >
        <Icon name="sliders" />
        Settings
      </button>
    </>
  );
}
