/**
 * Follows all generations of this tab over one stream, whatever happens to it.
 *
 * A stream that breaks is opened again where it ended. While the tab is hidden there is
 * none: browsers allow six connections to an origin, which seven tabs would use up. How
 * things stand is then asked for now and then.
 */

import { CallFailed, fetchGeneration } from "@/lib/api/client";
import { follow } from "@/lib/api/follow";
import { MAX_FOLLOWED } from "@/lib/api/followed";
import type { GenerationEvent } from "@/lib/api/generation-events";

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 8_000;
const POLL_MS = 3_000;

export type Hears = {
  event: (id: string, event: GenerationEvent) => void;
  /** Nobody knows it any more. */
  gone: (id: string, failure: CallFailed["failure"]) => void;
  /** False from the moment the stream is lost until it is there again. */
  connection: (isThere: boolean) => void;
};

export class Follower {
  readonly #ids = new Set<string>();
  readonly #lastEventIds = new Map<string, string>();
  #open: AbortController | null = null;

  constructor(private readonly hears: Hears) {
    document.addEventListener("visibilitychange", () => this.#begin());
    // Offline is not lost yet: the studio may run on this very machine.
    window.addEventListener("online", () => this.#begin());
    window.addEventListener("offline", () => this.#begin());
  }

  add(id: string): void {
    if (this.#ids.has(id)) return;
    this.#ids.add(id);
    this.#begin();
  }

  remove(id: string): void {
    this.#ids.delete(id);
    this.#lastEventIds.delete(id);
    if (this.#ids.size === 0) this.#open?.abort();
  }

  /** Anew, with all that are to be followed now. */
  #begin(): void {
    this.#open?.abort();
    if (this.#ids.size === 0) return;
    const opened = new AbortController();
    this.#open = opened;
    const work = document.hidden ? this.#poll : this.#stream;
    void work.call(this, opened.signal);
  }

  async #stream(signal: AbortSignal): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted && this.#ids.size > 0) {
      try {
        const wanted = [...this.#ids].slice(0, MAX_FOLLOWED).map((id) => ({
          id,
          lastEventId: this.#lastEventIds.get(id) ?? null,
        }));
        for await (const { id, eventId, event } of follow(wanted, signal)) {
          if (signal.aborted) return;
          retryMs = FIRST_RETRY_MS;
          this.hears.connection(true);
          if (eventId !== null) this.#lastEventIds.set(id, eventId);
          this.hears.event(id, event);
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof CallFailed)) throw error;
        this.hears.connection(false);
      }
      if (signal.aborted || this.#ids.size === 0) return;
      await pause(retryMs, signal);
      retryMs = Math.min(2 * retryMs, LAST_RETRY_MS);
    }
  }

  async #poll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await Promise.all([...this.#ids].map((id) => this.#look(id, signal)));
      await pause(POLL_MS, signal);
    }
  }

  async #look(id: string, signal: AbortSignal): Promise<void> {
    try {
      const data = await fetchGeneration(id, signal);
      if (!signal.aborted) this.hears.event(id, { event: "snapshot", data });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof CallFailed)) throw error;
      // Anything else may pass: it is asked again.
      if (error.failure.kind === "expired") this.hears.gone(id, error.failure);
    }
  }
}

/** Ends early, too, when there is nothing to wait for any more. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
