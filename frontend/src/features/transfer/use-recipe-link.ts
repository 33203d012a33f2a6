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
 * The address loses the link then: a reload would undo what has been changed since.
 */
export function useRecipeLink(onRecipe: (recipe: Recipe) => void): void {
  const words = useWords();

  const take = useEffectEvent(() => {
    const link = readRecipeLink(location.hash);
    if (link.kind === "none") return;
    history.replaceState(history.state, "", location.pathname + location.search);
    if (link.kind === "recipe") onRecipe(link.recipe);
    const message = linkWords(link, words);
    if (message) showToast(message);
  });

  useEffect(() => {
    const listener = () => take();
    listener();
    addEventListener("hashchange", listener);
    return () => removeEventListener("hashchange", listener);
  }, []);
}
