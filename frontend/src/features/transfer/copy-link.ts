import { showToast } from "@/components/toasts";
import { recipeLink } from "@/lib/recipe/permalink";
import type { Recipe } from "@/lib/recipe/recipe";
import type { Words } from "@/lib/words/words";

/** A link to `recipe` into the clipboard, or else into the address bar; says which. */
export async function copyLink(recipe: Recipe, words: Words): Promise<void> {
  const { link } = words.transfer;
  const address = recipeLink(recipe, location.origin);
  if (await hasCopied(address)) {
    showToast(link.copied);
    return;
  }
  history.replaceState(history.state, "", address);
  showToast(link.inAddressBar);
}

/** Over plain HTTP there is no clipboard but the old command. */
async function hasCopied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return hasCopiedByCommand(text);
  }
}

function hasCopiedByCommand(text: string): boolean {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  // Outside of an open dialog nothing can be selected.
  (focused?.closest("dialog") ?? document.body).append(area);
  area.select();
  const hasCopied = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return hasCopied;
}
