/** What a browser is still to be sent of the generations that it follows. */

/** One server-sent event of a generation, its data as the gateway wrote it. */
export type Message = {
  generation: string;
  /** The gateway's; null if it gave none. */
  eventId: string | null;
  event: string;
  data: string;
};

/**
 * Takes at any pace and gives at the browser's.
 *
 * What only says how things stand makes room for what says so later, and previews do:
 * so a slow browser gets the newest, and what waits for it is never more than a handful
 * of messages a generation.
 */
export class Outbox {
  #waiting: { message: Message; state: string | null }[] = [];
  #comment: string | null = null;
  #isClosed = false;
  #wake: () => void = () => {};

  put(message: Message): void {
    const state = stateOf(message);
    if (state !== null) {
      this.#waiting = this.#waiting.filter((other) => other.state !== state);
    }
    this.#waiting.push({ message, state });
    this.#wake();
  }

  /** Shows that the connection lives; any message does so, too. */
  comment(text: string): void {
    this.#comment = text;
    this.#wake();
  }

  /** Nothing will be put any more. */
  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  /** The next message or comment; null after the last. For one reader. */
  async next(): Promise<Message | string | null> {
    for (;;) {
      const comment = this.#comment;
      this.#comment = null;
      const next = this.#waiting.shift()?.message ?? comment;
      if (next !== null || this.#isClosed) return next;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** Of two messages with the same one only the later counts; null: each counts. */
function stateOf({ generation, event, data }: Message): string | null {
  switch (event) {
    case "queued":
    case "progress":
      return `${generation} ${event}`;
    case "preview":
      return `${generation} ${event} ${imageIndex(data)}`;
    default:
      return null;
  }
}

/** A generation of several images has previews of each. */
function imageIndex(preview: string): unknown {
  // Not parsed as a whole: it holds a picture. The gateway's JSON has no spaces, but
  // whoever writes some is understood, too.
  return /"index"\s*:\s*(\d+)/.exec(preview)?.[1];
}
