/** What can be done with a picture, wherever it is shown: one meaning each. */

import { showToast } from "@/components/toasts";
import { setSourceImage } from "@/features/settings/source-image/source-store";
import { copyLink as copyRecipeLink } from "@/features/transfer/copy-link";
import { downloadPicture } from "@/features/transfer/use-download";
import { apiUrl } from "@/lib/api/client";
import {
  favour,
  fileOf,
  takeFromTrash,
  trash,
  useLibrary,
} from "@/lib/pictures/library";
import type { Picture } from "@/lib/pictures/picture";
import { currentPreferences } from "@/lib/preferences/preferences";
import { counted } from "@/lib/words/format";
import type { Words } from "@/lib/words/words";
import { openDialog } from "./dialogs";

/** @throws where neither this browser nor the gateway has it any more. */
export async function blobOf(picture: Picture): Promise<Blob> {
  const kept = await fileOf(picture.id);
  if (kept) return kept.file;
  const answer = await fetch(apiUrl(picture.url));
  if (!answer.ok) throw new Error(`the gateway answers ${answer.status}`);
  return await answer.blob();
}

export function toggleFavourite(picture: Picture): void {
  void favour([picture.id], !picture.isFavourite);
}

export function discard(picture: Picture, { history, language }: Words): void {
  void trash([picture.id]);
  showToast(counted(history.trashed, 1, language), {
    label: history.undo,
    run: () => void takeFromTrash([picture.id]),
  });
}

/** As the last time. */
export function download(picture: Picture, words: Words): void {
  const { downloadFormat: format, keepsParameters } = currentPreferences();
  const choice = { format, keepsParameters };
  void downloadPicture(picture, () => blobOf(picture), choice, words);
}

export function copyLink(picture: Picture, words: Words): void {
  void copyRecipeLink(picture.recipe, words);
}

export function enlarge(picture: Picture): void {
  openDialog({ kind: "lightbox", pictures: among(picture), startAt: picture.id });
}

/** With the one that was made before it; others can be chosen there. */
export function compare(picture: Picture): void {
  const choices = among(picture);
  const b = choices[choices.indexOf(picture) + 1] ?? null;
  openDialog({ kind: "compare", a: picture, b, choices });
}

/** As the image that the next generation starts from. */
export async function startFrom(picture: Picture, words: Words): Promise<void> {
  const { toasts } = words.app;
  try {
    const isSet = await setSourceImage(await blobOf(picture));
    showToast(isSet ? toasts.startFrom : toasts.unreadableImage);
  } catch {
    showToast(toasts.unreadableImage);
  }
}

/** All that are kept and `picture`, which may not be, the newest first. */
export function among(picture: Picture): readonly Picture[] {
  const kept = useLibrary
    .getState()
    .pictures.filter(({ trashedAt }) => trashedAt === null);
  return kept.some(({ id }) => id === picture.id) ? kept : [picture, ...kept];
}
