/** Follows several generations over one connection. */

import { CallFailed, call } from "./client";
import { failureOfBrokenStream } from "./failure";
import { type Followed, writeFollowed } from "./followed";
import type { EventName } from "./generation-events";
import { type FollowedEvent, readFollow } from "./read-follow";

// The gateway shows at least every 10 s that it lives, and proxies cost some time.
const SILENCE_MS = 25_000;

const ENDS: readonly EventName[] = ["completed", "failed", "cancelled"];

/**
 * All events of `generations`, until each of them has ended.
 *
 * One that the gateway does not know any more has ended, too: it fails.
 *
 * @param generations at most `MAX_FOLLOWED`, each behind the event it was followed to.
 * @param signal hangs up; the generations go on.
 * @param silenceMs without a sign of life: then the connection counts as lost.
 * @throws CallFailed if there is no answer, or if it ends before the generations do;
 *   then it is worth asking again behind the last events.
 */
export async function* follow(
  generations: readonly Followed[],
  signal: AbortSignal,
  silenceMs = SILENCE_MS,
): AsyncGenerator<FollowedEvent, void> {
  const running = new Set(generations.map(({ id }) => id));
  const silence = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hear = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), silenceMs);
  };
  try {
    hear();
    const response = await call(`/follow?${queryOf(generations)}`, {
      headers: { accept: "text/event-stream" },
      cache: "no-store",
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!response.body) throw new Error("An answer without a body.");
    for await (const followed of readFollow(response.body, hear)) {
      if (ENDS.includes(followed.event.event)) running.delete(followed.id);
      yield followed;
      if (running.size === 0) return;
    }
    throw new Error("The answer ended before the generations did.");
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof CallFailed) throw error;
    throw new CallFailed(failureOfBrokenStream(navigator.onLine));
  } finally {
    clearTimeout(timer);
  }
}

function queryOf(generations: readonly Followed[]): URLSearchParams {
  return new URLSearchParams(
    generations.map((one) => ["generation", writeFollowed(one)]),
  );
}
