/** A generation, and how far it was followed: the words of `GET /api/follow`. Pure. */

/** As many as one stream carries. */
export const MAX_FOLLOWED = 16;

export type Followed = {
  /** Of the generation. */
  id: string;
  /** The gateway's id of the last event that was seen; null if none had one. */
  lastEventId: string | null;
};

// A generation's id has no `~`. Both parts travel in a path and in a header.
const FOLLOWED = /^([\w.:-]+)(?:~([\w.-]*))?$/;

/** `gen_1~7`, or `gen_1~` where there is no event id. */
export function writeFollowed({ id, lastEventId }: Followed): string {
  return `${id}~${lastEventId ?? ""}`;
}

/** Null if `text` is nothing that `writeFollowed` writes; `~` may be left out. */
export function readFollowed(text: string): Followed | null {
  const [, id, lastEventId] = FOLLOWED.exec(text) ?? [];
  if (!id || /^\.+$/.test(id)) return null;
  return { id, lastEventId: lastEventId || null };
}
