/** What the History screen is asked to show, as it stands in the page's address. Pure. */

export const SHAPES = ["square", "wide", "tall"] as const;
export const PERIODS = ["today", "week", "month"] as const;

export type Shape = (typeof SHAPES)[number];
/** Today, the last 7 days, the last 30 days; each with today. */
export type Period = (typeof PERIODS)[number];

export type HistoryQuery = {
  view: "pictures" | "trash";
  /** All of them must occur. */
  words: string;
  isFavourite: boolean;
  model: string | null;
  shape: Shape | null;
  period: Period | null;
};

export const EVERYTHING: HistoryQuery = {
  view: "pictures",
  words: "",
  isFavourite: false,
  model: null,
  shape: null,
  period: null,
};

/** Whatever is not understood counts as not asked for. */
export function readQuery(address: URLSearchParams): HistoryQuery {
  const oneOf = <Known extends string>(name: string, known: readonly Known[]) =>
    known.find((one) => one === address.get(name)) ?? null;
  return {
    view: oneOf("view", ["trash"]) ?? "pictures",
    words: address.get("q") ?? "",
    isFavourite: address.get("favourites") === "1",
    model: address.get("model") || null,
    shape: oneOf("shape", SHAPES),
    period: oneOf("period", PERIODS),
  };
}

/** The shortest address that says it, with its `?`; empty for everything. */
export function writeQuery(query: HistoryQuery): string {
  const address = new URLSearchParams();
  if (query.view === "trash") address.set("view", "trash");
  if (query.words.trim()) address.set("q", query.words.trim());
  if (query.isFavourite) address.set("favourites", "1");
  if (query.model) address.set("model", query.model);
  if (query.shape) address.set("shape", query.shape);
  if (query.period) address.set("period", query.period);
  const text = address.toString();
  return text && `?${text}`;
}

/** Whether anything but the view narrows what is shown. */
export function isNarrowed(query: HistoryQuery): boolean {
  return writeQuery({ ...query, view: "pictures" }) !== "";
}
