/** Bytes of `GET /api/follow` become the events of several generations. */

import { createParser, type EventSourceMessage } from "eventsource-parser";
import { readFollowed } from "./followed";
import { type GenerationEvent, isEventName } from "./generation-events";

export type FollowedEvent = {
  /** Of the generation. */
  id: string;
  /** Where to go on after a lost connection; null: where one would have before. */
  eventId: string | null;
  event: GenerationEvent;
};

/**
 * The events in order, each as soon as its last byte is there.
 *
 * Names that this studio does not know come from a newer gateway and are skipped.
 *
 * @param onSign told of every piece, heartbeats included.
 * @throws what reading `body` throws.
 */
export async function* readFollow(
  body: ReadableStream<Uint8Array>,
  onSign: () => void = () => {},
): AsyncGenerator<FollowedEvent, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let messages: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => messages.push(message) });
  try {
    // Safari cannot iterate over a stream with `for await`.
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onSign();
      parser.feed(decoder.decode(value, { stream: true }));
      for (const message of messages) {
        const followed = toFollowed(message);
        if (followed) yield followed;
      }
      messages = [];
    }
  } finally {
    // Leaving the loop early hangs up; after the end this does nothing.
    reader.cancel().catch(() => {});
  }
}

function toFollowed({ id, event, data }: EventSourceMessage): FollowedEvent | null {
  const followed = id === undefined ? null : readFollowed(id);
  if (followed === null || !isEventName(event)) return null;
  return {
    id: followed.id,
    eventId: followed.lastEventId,
    // The gateway speaks the contract that these types are generated from.
    event: { event, data: JSON.parse(data) } as GenerationEvent,
  };
}
