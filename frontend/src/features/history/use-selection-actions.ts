"use client";

import { useState } from "react";
import { showToast } from "@/components/toasts";
import { favour } from "@/lib/pictures/library";
import type { Picture } from "@/lib/pictures/picture";
import type { Recipe } from "@/lib/recipe/recipe";
import { counted } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import { downloadPictures } from "./download-pictures";
import type { SelectionAction } from "./selection-bar";

type Params = {
  chosen: readonly Picture[];
  isTrash: boolean;
  onCompare: ((a: Picture, b: Picture) => void) | undefined;
  onRestore: ((recipe: Recipe) => void) | undefined;
  onTrash: () => void;
  onTakeBack: () => void;
  onDeleteForGood: () => void;
};

/** What can be done with the chosen pictures, in the order of the bar. */
export function useSelectionActions(params: Params): SelectionAction[] {
  const { chosen, isTrash, onCompare, onRestore } = params;
  const { history, language } = useWords();
  const { select: words } = history;
  const [isPacking, setIsPacking] = useState(false);

  async function download() {
    if (isPacking) return;
    setIsPacking(true);
    const missed = await downloadPictures(chosen);
    setIsPacking(false);
    if (missed > 0) showToast(counted(history.missedFiles, missed, language));
  }

  if (isTrash) {
    return [
      { icon: "restore", label: words.restore, run: params.onTakeBack },
      { icon: "trash", label: words.deleteForGood, run: params.onDeleteForGood },
    ];
  }

  const actions: SelectionAction[] = [];
  const areFavourites =
    chosen.length > 0 && chosen.every(({ isFavourite }) => isFavourite);
  actions.push({
    icon: "star",
    label: areFavourites ? words.unfavour : words.favour,
    run: () =>
      void favour(
        chosen.map(({ id }) => id),
        !areFavourites,
      ),
  });
  if (onRestore) {
    const [only, ...more] = chosen;
    const isOne = only !== undefined && more.length === 0;
    actions.push({
      icon: "sliders",
      label: words.useSettings,
      isIdle: !isOne,
      run: () =>
        isOne ? onRestore(only.recipe) : showToast(words.useSettingsNeedsOne),
    });
  }
  if (onCompare) {
    const [a, b, ...more] = chosen;
    const areTwo = a !== undefined && b !== undefined && more.length === 0;
    actions.push({
      icon: "compare",
      label: words.compare,
      isIdle: !areTwo,
      run: () => (areTwo ? onCompare(a, b) : showToast(words.compareNeedsTwo)),
    });
  }
  actions.push(
    {
      icon: "download",
      label: isPacking ? words.downloading : words.download,
      isIdle: isPacking,
      run: () => void download(),
    },
    { icon: "trash", label: words.trash, run: params.onTrash },
  );
  return actions;
}
