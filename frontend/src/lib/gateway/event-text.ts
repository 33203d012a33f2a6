/** Server-sent events on the wire (HTML standard, section 9.2.6). Pure. */

import { createParser, type EventSourceMessage } from "eventsource-parser";
import { writeFollowed } from "@/lib/api/followed";
import type { Message } from "./outbox";

// A snapshot or a preview is some hundred kilobytes at most.
const LARGEST_EVENT = 16 * 2 ** 20;

export function writeMessage({ generation, eventId, event, data }: Message): string {
  const lines = [
    `id: ${writeFollowed({ id: generation, lastEventId: eventId })}`,
    `event: ${event}`,
    ...data.split("\n").map((line) => `data: ${line}`),
  ];
  return `${lines.join("\n")}\n\n`;
}

export function writeComment(text: string): string {
  return `: ${text}\n\n`;
}

/**
 * Messages and comments (as strings) of a stream, each as soon as its last byte is there.
 *
 * @throws what reading `body` throws, and if an event is too large to be one of ours.
 */
export async function* readMessages(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<EventSourceMessage | string, void> {
  const decoder = new TextDecoder();
  let read: (EventSourceMessage | string)[] = [];
  const parser = createParser({
    onEvent: (message) => read.push(message),
    onComment: (text) => read.push(text),
    // After this one it refuses to be fed: reading ends.
    maxBufferSize: LARGEST_EVENT,
  });
  for await (const chunk of body) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* read;
    read = [];
  }
}
