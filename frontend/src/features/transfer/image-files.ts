/** Image files among what is dragged, dropped or pasted. */

/** What the studio can read, for `<input accept>`. */
export const ACCEPTED = "image/png,image/webp,image/jpeg";

/** While something is dragged over the page its files are not known yet. */
export function hasFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes("Files") ?? false;
}

/** The first file, an image before all others: whoever drops something is answered. */
export function firstFile(files: FileList | null | undefined): File | null {
  const all = [...(files ?? [])];
  return all.find(({ type }) => ACCEPTED.split(",").includes(type)) ?? all[0] ?? null;
}

/** A pasted image; null where somebody pastes text into a field. */
export function pastedImage({ clipboardData, target }: ClipboardEvent): File | null {
  const isText = clipboardData?.types.includes("text/plain") ?? false;
  if (isText && target instanceof Element && isEditable(target)) return null;
  const file = firstFile(clipboardData?.files);
  return file?.type.startsWith("image/") ? file : null;
}

function isEditable(element: Element): boolean {
  return element.closest("input, textarea, [contenteditable]") !== null;
}
