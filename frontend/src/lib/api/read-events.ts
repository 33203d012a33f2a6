/** Bytes of an SSE answer become the events of a generation. */

import {
  type EventSourceMessage,
  EventSourceParserStream,
} from "eventsource-parser/stream";
import { type GenerationEvent, isEventName } from "./generation-events";

/**
 * The events in order, each as soon as its last byte is there.
 *
 * Names that this studio does not know come from a newer gateway and are skipped.
 */
export async function* readGenerationEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<GenerationEvent, void> {
  const messages = body
    // lib.dom types the decoder's input as BufferSource, which pipeThrough refuses.
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .pipeThrough(new EventSourceParserStream());
  for await (const message of chunks(messages)) {
    const event = toEvent(message);
    if (event) yield event;
  }
}

/** Safari cannot iterate over a stream with `for await`. */
async function* chunks<T>(stream: ReadableStream<T>): AsyncGenerator<T, void> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // Leaving the loop early hangs up; after the end this does nothing.
    reader.cancel().catch(() => {});
  }
}

function toEvent(message: EventSourceMessage): GenerationEvent | null {
  if (!isEventName(message.event)) return null;
  // The gateway speaks the contract that these types are generated from.
  return { event: message.event, data: JSON.parse(message.data) } as GenerationEvent;
}
