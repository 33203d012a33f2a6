"use client";

import dynamic from "next/dynamic";
import { type FormEvent, useEffect } from "react";
import { isGenerating } from "@/features/generation/generation-view";
import { useLiveGenerations } from "@/features/generation/live-generations";
import { useCountdown } from "@/features/generation/use-countdown";
import { Filmstrip } from "@/features/history/filmstrip";
import { useModels } from "@/features/service/use-models";
import { Composer } from "@/features/settings/composer";
import { focusGenerate } from "@/features/settings/focus-field";
import { sizeOf, withSize } from "@/features/settings/settings";
import { SettingsPanel } from "@/features/settings/settings-panel";
import {
  changeSettings,
  openDraft,
  useSettings,
} from "@/features/settings/settings-store";
import { nextSmaller, sizePresets } from "@/features/settings/size-presets";
import { setSourceImage } from "@/features/settings/source-image/source-store";
import { DropImage } from "@/features/transfer/drop-image";
import { useRecipeLink } from "@/features/transfer/use-recipe-link";
import { useWords } from "@/lib/words/use-words";
import { EARLY_INPUT, replayEarlyInput } from "./early-input";
import { cancel, fillIn, generate, restore } from "./painting";
import { pictureOf, showPicture, useOnStage } from "./shown";
import { StageColumn } from "./stage-column";
import styles from "./studio.module.css";
import { useCurrentModel } from "./use-current-model";

const MaskEditor = dynamic(async () => {
  const { MaskEditor } = await import("@/features/inpainting/mask-editor");
  return MaskEditor;
});

/** The screen where pictures are made: the form, the stage, the newest pictures. */
export function Studio() {
  const words = useWords();
  const models = useModels();
  const model = useCurrentModel();
  const settings = useSettings((state) => state.settings);
  const stage = useOnStage();
  const isBusy = useLiveGenerations(({ generations }) =>
    generations.some(({ view }) => isGenerating(view)),
  );
  const view = stage.kind === "live" ? stage.generation.view : null;
  const waitS = useCountdown(view?.status === "failed" ? view.failure : null);

  useEffect(openDraft, []);
  useRecipeLink((recipe) => fillIn(recipe, words));
  // Last: what is done to the form now is newer than a draft or a link.
  useEffect(replayEarlyInput, []);

  const size = model ? sizeOf(settings, model) : { width: 1, height: 1 };
  const plan = { prompt: settings.prompt, ...size, numImages: settings.numImages };
  const smaller = model && nextSmaller(size, sizePresets(model));

  function submit(event: FormEvent) {
    event.preventDefault();
    if (waitS === null) generate(words);
  }

  function takeSmallerSize() {
    if (!smaller) return;
    focusGenerate();
    changeSettings(withSize(smaller));
    generate(words);
  }

  const picture = pictureOf(stage);
  return (
    <main className={styles.main} id="content" {...EARLY_INPUT}>
      <form
        className={styles.form}
        onSubmit={submit}
        noValidate
        aria-label={words.app.newPicture}
      >
        <div className={styles.composer}>
          <Composer
            model={model}
            isGenerating={isBusy}
            waitS={waitS}
            onCancel={cancel}
          />
        </div>
        <div className={styles.settings}>
          <SettingsPanel
            models={models}
            model={model}
            lastSeed={picture?.recipe.seed ?? null}
            renderMaskEditor={(props) => <MaskEditor {...props} />}
          >
            <DropImage
              models={models}
              onRecipe={(recipe) => restore(recipe, words)}
              onImage={
                model?.features.image_to_image
                  ? (file) => void setSourceImage(file)
                  : undefined
              }
            />
          </SettingsPanel>
        </div>
      </form>
      <StageColumn
        stage={stage}
        nextPlan={plan}
        smaller={smaller}
        onTakeSmaller={takeSmallerSize}
      />
      <div className={styles.filmstrip}>
        <Filmstrip shownId={picture?.id ?? null} onShow={({ id }) => showPicture(id)} />
      </div>
    </main>
  );
}
