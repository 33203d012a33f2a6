"use client";

import dynamic from "next/dynamic";
import { type FormEvent, useEffect } from "react";
import { Button } from "@/components/button";
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
import { checkSettings } from "@/features/settings/check-settings";
import { Composer } from "@/features/settings/composer";
import { fieldOfParam } from "@/features/settings/faults";
import { focusField, focusGenerate } from "@/features/settings/focus-field";
import { rememberPrompt } from "@/features/settings/prompt/prompt-history";
import {
  chosenModel,
  type Settings,
  sizeOf,
  withSize,
} from "@/features/settings/settings";
import { SettingsPanel } from "@/features/settings/settings-panel";
import {
  changeSettings,
  forgetFault,
  openDraft,
  refuse,
  useSettings,
} from "@/features/settings/settings-store";
import { nextSmaller, sizePresets } from "@/features/settings/size-presets";
import { useSource } from "@/features/settings/source-image/source-store";
import { useWords } from "@/lib/words/use-words";
import { Header } from "./header";
import { IdleStage } from "./idle-stage";
import styles from "./studio.module.css";

const MaskEditor = dynamic(async () => {
  const { MaskEditor } = await import("@/features/inpainting/mask-editor");
  return MaskEditor;
});

/** Joins the features: settings become a generation, whose view is the stage. */
export function Studio() {
  const { service, recheck } = useService();
  const models = useModels(service.status === "ready");
  const { settings: words } = useWords();
  const settings = useSettings((state) => state.settings);
  useEffect(openDraft, []);
  const { view, start, cancel } = useGeneration();
  const failure = view.status === "failed" ? view.failure : null;
  const waitS = useCountdown(failure);

  const model = chosenModel(models, settings);
  const size = model ? sizeOf(settings, model) : { width: 1, height: 1 };
  const plan = { prompt: settings.prompt, ...size, numImages: settings.numImages };
  const smaller = model && nextSmaller(size, sizePresets(model));

  async function generateWith(wanted: Settings) {
    if (isGenerating(view)) return;
    const checked = checkSettings(wanted, model, words, useSource.getState());
    if (!checked.isValid) return refuse(checked.fault);
    forgetFault();
    rememberPrompt(wanted.prompt);
    const { width, height } = model ? sizeOf(wanted, model) : size;
    const failed = await start(checked.request, { ...plan, width, height });
    if (!failed) return;
    recheck();
    const field = fieldOfParam(failed.param);
    if (field) refuse({ field, message: failed.detail ?? words.faults.unusable });
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    if (waitS === null) void generateWith(settings);
  }

  function takeSmallerSize() {
    if (!smaller) return;
    focusGenerate();
    changeSettings(withSize(smaller));
    void generateWith({ ...settings, ...withSize(smaller) });
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
            model={model}
            isGenerating={isGenerating(view)}
            waitS={waitS}
            onCancel={cancel}
          />
          <SettingsPanel
            models={models}
            model={model}
            lastSeed={
              view.status === "completed" ? view.generation.parameters.seed : null
            }
            renderMaskEditor={(editor) => <MaskEditor {...editor} />}
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
                  changeSettings({ prompt });
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
                onKeepSeed={(seed) => changeSettings({ seed })}
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
        messages={[serviceWords(service).trouble?.title ?? "", announcement(view)]}
      />
    </div>
  );
}
