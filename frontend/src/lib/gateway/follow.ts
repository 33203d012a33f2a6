/**
 * `GET /api/follow`: the events of several generations in one answer.
 *
 * Browsers allow six connections to an origin under HTTP/1.1. A tab that follows all
 * its generations over one of them leaves room for pictures and for other tabs.
 */

import { setTimeout as pause } from "node:timers/promises";
import type { Dispatcher } from "undici";
import { type Followed, MAX_FOLLOWED, readFollowed } from "@/lib/api/followed";
import { readMessages, writeComment, writeMessage } from "./event-text";
import { connections, type Gateway, requestIdOf } from "./gateway";
import { type Opened, openEvents, RefusedForNow } from "./open-events";
import { Outbox } from "./outbox";
import {
  foreignOrigin,
  gatewayUnreachable,
  invalidRequest,
  nobodyIsThere,
} from "./problem-response";
import { isForeign } from "./same-origin";

/** How patient it is; tests are less so. */
type Patience = {
  /** A gateway that lives sends a comment every 10 s: three missed ones are no chance. */
  connections: Dispatcher;
  /** After so long the browser is to ask again for what could not be followed. */
  askAgainMs: number;
};

const PATIENCE: Patience = { connections: connections(30_000), askAgainMs: 3_000 };

const HEADERS = {
  "content-type": "text/event-stream",
  // Next would compress, and so buffer, what may be transformed; nginx buffers, too.
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

const ENDS = ["completed", "failed", "cancelled"];

/**
 * Each message has the gateway's event name and data, and an id that tells whose it is:
 * `<generation>~<event id>`, which is also how the browser asks where to go on.
 *
 * The answer ends when all generations have. It ends earlier if the gateway breaks off:
 * then the browser is to ask again. What will never be found is told as `failed`.
 */
export async function follow(
  request: Request,
  gateway: Gateway,
  patience = PATIENCE,
): Promise<Response> {
  const requestId = requestIdOf(request);
  if (isForeign(request)) return foreignOrigin(requestId);
  const wanted = readWanted(new URL(request.url).searchParams);
  if (typeof wanted === "string") {
    const [status, param] = [400, "generation"] as const;
    return invalidRequest(requestId, { status, param, detail: wanted });
  }
  const done = new AbortController();
  const signal = AbortSignal.any([request.signal, done.signal]);
  const followers = wanted.map((one) => ({
    generation: one.id,
    opening: openEvents(gateway, request, requestId, one, {
      signal,
      connections: patience.connections,
    }),
  }));
  try {
    await Promise.any(followers.map(({ opening }) => opening));
  } catch (error) {
    if (request.signal.aborted) return nobodyIsThere();
    return refusalOf(error) ?? gatewayUnreachable(requestId);
  }
  const outbox = new Outbox();
  // Sends the headers at once.
  outbox.comment("following");
  // One that cannot be followed to its end ends them all: the browser asks again.
  void Promise.all(
    followers.map(async ({ generation, opening }) => {
      try {
        await tell(outbox, generation, await opening);
      } catch (error) {
        // Until then the others are worth following.
        if (error instanceof RefusedForNow) {
          await pause(patience.askAgainMs, undefined, { signal });
        }
        throw error;
      }
    }),
  )
    .catch(() => {})
    .finally(() => {
      outbox.close();
      done.abort();
    });
  return new Response(toBytes(outbox, done), {
    headers: { ...HEADERS, "x-request-id": requestId },
  });
}

/** What is to be followed, or what is wrong with the query. */
function readWanted(query: URLSearchParams): Followed[] | string {
  const texts = query.getAll("generation");
  if (texts.length === 0 || texts.length > MAX_FOLLOWED) {
    return `Name 1 to ${MAX_FOLLOWED} generations; these are ${texts.length}.`;
  }
  const wanted = new Map<string, Followed>();
  for (const text of texts) {
    const one = readFollowed(text);
    if (one === null) return `${JSON.stringify(text)} is no id of a generation.`;
    wanted.set(one.id, one);
  }
  return [...wanted.values()];
}

/** What the gateway said where it let none of them be followed; null if it is away. */
function refusalOf(error: unknown): Response | null {
  const causes: unknown[] = error instanceof AggregateError ? error.errors : [];
  return causes.find((cause) => cause instanceof RefusedForNow)?.response ?? null;
}

/**
 * Puts all events of one generation into `outbox`.
 *
 * @throws if it could not be followed to its end.
 */
async function tell(outbox: Outbox, generation: string, opened: Opened): Promise<void> {
  if (opened.problem !== undefined) {
    const { problem: data } = opened;
    outbox.put({ generation, eventId: null, event: "failed", data });
    return;
  }
  for await (const message of readMessages(opened.body)) {
    if (typeof message === "string") {
      outbox.comment(message);
      continue;
    }
    const { id: eventId = null, event = "message", data } = message;
    outbox.put({ generation, eventId, event, data });
    if (ENDS.includes(event)) return;
  }
  throw new Error("The events ended before the generation did.");
}

/** @param done aborted when the browser has left. */
function toBytes(outbox: Outbox, done: AbortController): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await outbox.next();
        if (next === null) return controller.close();
        const text = typeof next === "string" ? writeComment(next) : writeMessage(next);
        controller.enqueue(encoder.encode(text));
      },
      cancel() {
        done.abort();
      },
    },
    // Nothing is taken out of the outbox before the browser can have it.
    { highWaterMark: 0 },
  );
}
