"use client";

import { useEffect, useEffectEvent } from "react";
import { showToast } from "@/components/toasts";
import { readRecipeLink } from "@/lib/recipe/permalink";
import type { Recipe } from "@/lib/recipe/recipe";
import { useWords } from "@/lib/words/use-words";
import { linkWords } from "./link-words";

/**
 * Hands over the recipe of the link that the page was opened with, or that is put into
 * its address later, and says so. What is done with it is the caller's: it fills in.
 *
 * @param onRecipe returns what is to be said instead, where something more is to be said.
 *
 * The address loses the link then: a reload would undo what has been changed since.
 */
export function useRecipeLink(onRecipe: (recipe: Recipe) => string | null): void {
  const words = useWords();

  const take = useEffectEvent(() => {
    const link = readRecipeLink(location.hash);
    if (link.kind === "none") return;
    history.replaceState(history.state, "", location.pathname + location.search);
    const said = link.kind === "recipe" ? onRecipe(link.recipe) : null;
    const message = said ?? linkWords(link, words);
    if (message) showToast(message);
  });

  useEffect(() => {
    const listener = () => take();
    listener();
    addEventListener("hashchange", listener);
    return () => removeEventListener("hashchange", listener);
  }, []);
}
