/** Which picture of a changing list is in sight. Pure. */

export type Place = { id: string; index: number };

/** Where a place is now: a picture that has left the list gives way to the next. */
export function indexOfPlace(
  { id, index }: Place,
  pictures: readonly { id: string }[],
): number {
  const found = pictures.findIndex((one) => one.id === id);
  return found >= 0 ? found : Math.max(0, Math.min(index, pictures.length - 1));
}

/** @param steps how many forwards; beyond an end it stays at the end. */
export function moved(
  from: number,
  steps: number,
  pictures: readonly { id: string }[],
): Place | null {
  const index = Math.max(0, Math.min(from + steps, pictures.length - 1));
  const picture = pictures[index];
  return picture ? { id: picture.id, index } : null;
}
