/** From the form, a picture or a link to a generation: joins settings and generations. */

import { showToast } from "@/components/toasts";
import type { Plan } from "@/features/generation/generation-view";
import { isGenerating } from "@/features/generation/generation-view";
import {
  startGeneration,
  stopGeneration,
  useLiveGenerations,
} from "@/features/generation/live-generations";
import { doubtService, useServiceWatch } from "@/features/service/service-watch";
import { checkSettings } from "@/features/settings/check-settings";
import { fieldOfParam } from "@/features/settings/faults";
import { rememberPrompt } from "@/features/settings/prompt/prompt-history";
import { chosenModel, INITIAL_SETTINGS } from "@/features/settings/settings";
import { settingsOfRecipe } from "@/features/settings/settings-recipe";
import {
  forgetFault,
  refuse,
  restoreRecipe,
  useSettings,
} from "@/features/settings/settings-store";
import { useSource } from "@/features/settings/source-image/source-store";
import type { GenerationRequest, ModelDocument } from "@/lib/api/generated";
import type { Recipe } from "@/lib/recipe/recipe";
import { fill } from "@/lib/words/format";
import type { Words } from "@/lib/words/words";
import { getOnStage, showLive } from "./shown";

/** What the form says; a fault in it is shown there and nothing is sent. */
export function generate(words: Words): void {
  const { settings } = useSettings.getState();
  const model = currentModel();
  const source = useSource.getState();
  const checked = checkSettings(settings, model, words.settings, source);
  if (!checked.isValid) {
    refuse(checked.fault);
    return;
  }
  forgetFault();
  rememberPrompt(settings.prompt);
  void paint(checked.request, model);
}

/** The same picture with another seed; the form stays as it is. */
export function vary(recipe: Recipe, words: Words): void {
  const { models } = useServiceWatch.getState();
  const wanted = { ...recipe, seed: null };
  const { settings } = settingsOfRecipe(
    wanted,
    INITIAL_SETTINGS,
    models,
    words.settings,
    "all",
  );
  const model = chosenModel(models, settings);
  const checked = checkSettings(settings, model, words.settings);
  if (!checked.isValid) return;
  if (recipe.strength !== null) showToast(words.app.toasts.withoutImage);
  void paint(checked.request, model);
}

/** Into the form; what the model lacks is named. */
export function restore(
  recipe: Recipe,
  words: Words,
  part: "all" | "prompt" | "seed" = "all",
): void {
  showToast(fillIn(recipe, words, part) ?? words.app.toasts.restored);
}

/** @returns what is to be said of what the model lacks; null if it has all. */
export function fillIn(
  recipe: Recipe,
  words: Words,
  part: "all" | "prompt" | "seed" = "all",
): string | null {
  const { models } = useServiceWatch.getState();
  const lacking = restoreRecipe(recipe, models, words.settings, part);
  if (lacking.length === 0) return null;
  const names = new Intl.ListFormat(words.language).format(lacking);
  return fill(words.app.toasts.partlyRestored, { names });
}

/** The one on the stage, or else the newest. */
export function cancel(): void {
  const stage = getOnStage();
  const running = useLiveGenerations
    .getState()
    .generations.filter(({ view }) => isGenerating(view));
  const shown = stage.kind === "live" ? stage.generation.key : null;
  const wanted = running.find(({ key }) => key === shown) ?? running.at(-1);
  if (wanted) void stopGeneration(wanted.key);
}

export function currentModel(): ModelDocument | null {
  const { models } = useServiceWatch.getState();
  return chosenModel(models, useSettings.getState().settings);
}

async function paint(
  request: GenerationRequest,
  model: ModelDocument | null,
): Promise<void> {
  const { key, accepted } = startGeneration(request, planOf(request, model));
  showLive(key);
  const failure = await accepted;
  if (!failure) return;
  doubtService();
  const field = fieldOfParam(failure.param);
  if (field && failure.detail) refuse({ field, message: failure.detail });
}

function planOf(request: GenerationRequest, model: ModelDocument | null): Plan {
  return {
    prompt: request.prompt,
    width: request.width ?? model?.defaults.width ?? 1,
    height: request.height ?? model?.defaults.height ?? 1,
    numImages: request.num_images ?? 1,
  };
}
