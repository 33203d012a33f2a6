/** A link that somebody shared fills in the form; it never paints. */

import { showToast } from "@/components/toasts";
import { useServiceWatch } from "@/features/service/service-watch";
import { restoreRecipe } from "@/features/settings/settings-store";
import { readRecipeLink } from "@/lib/recipe/permalink";
import { fill } from "@/lib/words/format";
import type { Words } from "@/lib/words/words";

/**
 * Takes over what the address says as soon as the models are known, and each further
 * link that is opened in this tab.
 *
 * @returns how to stop.
 */
export function readLink(words: Words): () => void {
  const whenHashChanges = () => takeOver(words);
  window.addEventListener("hashchange", whenHashChanges);
  const stopWaiting = whenModelsAreKnown(whenHashChanges);
  return () => {
    window.removeEventListener("hashchange", whenHashChanges);
    stopWaiting();
  };
}

function whenModelsAreKnown(act: () => void): () => void {
  if (useServiceWatch.getState().models) {
    act();
    return () => {};
  }
  const stop = useServiceWatch.subscribe(({ models }) => {
    if (!models) return;
    stop();
    act();
  });
  return stop;
}

function takeOver(words: Words): void {
  const link = readRecipeLink(location.hash);
  if (link.kind === "none") return;
  // Once: a reload is to keep what was typed since.
  history.replaceState(history.state, "", location.pathname + location.search);
  showToast(notice(link, words));
}

function notice(
  link: Exclude<ReturnType<typeof readRecipeLink>, { kind: "none" }>,
  words: Words,
): string {
  const { link: texts, toasts } = words.app;
  if (link.kind === "unreadable") return texts.unreadable;
  const { models } = useServiceWatch.getState();
  const lacking = restoreRecipe(link.recipe, models, words.settings);
  if (link.notice === "newer") return texts.newer;
  if (link.notice === "partly") {
    return fill(texts.partly, { names: link.refused.join(", ") });
  }
  if (lacking.length > 0) {
    return fill(toasts.partlyRestored, { names: lacking.join(", ") });
  }
  return link.notice === "older" ? texts.older : texts.restored;
}
