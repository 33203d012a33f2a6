/** Which pictures are chosen to do something with several at once. Pure. */

export type Selection = {
  /** While it is on, a press chooses instead of opening. */
  isOn: boolean;
  ids: ReadonlySet<string>;
  /** Where a range begins: what was chosen last without Shift. */
  anchor: string | null;
};

export const NOTHING_SELECTED: Selection = {
  isOn: false,
  ids: new Set(),
  anchor: null,
};

export function selecting(): Selection {
  return { ...NOTHING_SELECTED, isOn: true };
}

export function toggled({ ids }: Selection, id: string): Selection {
  const next = new Set(ids);
  if (!next.delete(id)) next.add(id);
  return { isOn: true, ids: next, anchor: id };
}

/**
 * From the anchor to `id`, instead of what was chosen before.
 *
 * @param order ids as they are shown.
 * @param from begins the range where there is no anchor on the screen.
 */
export function ranged(
  { anchor }: Selection,
  order: readonly string[],
  id: string,
  from: string | null,
): Selection {
  const begin = [anchor, from, id].find((one) => one !== null && order.includes(one));
  const ends = [order.indexOf(begin ?? id), order.indexOf(id)];
  const ids = new Set(order.slice(Math.min(...ends), Math.max(...ends) + 1));
  return { isOn: true, ids, anchor: begin ?? id };
}

export function allSelected(order: readonly string[]): Selection {
  return { isOn: true, ids: new Set(order), anchor: order[0] ?? null };
}
