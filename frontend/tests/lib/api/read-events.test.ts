import { describe, expect, test } from "vitest";
import type { GenerationEvent } from "@/lib/api/generation-events";
import { readGenerationEvents } from "@/lib/api/read-events";

const WIRE = [
  ": heartbeat\n\n",
  'event: queued\ndata: {"position":2,"eta_s":null}\nid: 1\n\n',
  "event: started\ndata: {}\nid: 2\n\n",
  'event: failed\ndata: {"detail":"zu groß 🎨"}\nid: 3\n\n',
].join("");

const EVENTS = [
  { event: "queued", data: { position: 2, eta_s: null } },
  { event: "started", data: {} },
  { event: "failed", data: { detail: "zu groß 🎨" } },
];

function streamOf(chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

async function eventsOf(chunks: Uint8Array[]): Promise<GenerationEvent[]> {
  const events: GenerationEvent[] = [];
  for await (const event of readGenerationEvents(streamOf(chunks))) events.push(event);
  return events;
}

describe("readGenerationEvents", () => {
  const bytes = new TextEncoder().encode(WIRE);

  test("reads events and skips heartbeats", async () => {
    expect(await eventsOf([bytes])).toEqual(EVENTS);
  });

  test("does not care where the network cuts, even inside of a character", async () => {
    for (let size = 1; size <= 24; size++) {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        chunks.push(bytes.slice(at, at + size));
      }
      expect(await eventsOf(chunks)).toEqual(EVENTS);
    }
  });

  test("gives an event before the next one is there", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const events = readGenerationEvents(readable);
    void writer.write(new TextEncoder().encode("event: started\ndata: {}\n\n"));
    expect((await events.next()).value).toEqual({ event: "started", data: {} });
    await writer.close();
    expect((await events.next()).done).toBe(true);
  });

  test("skips names of a newer gateway", async () => {
    const wire = "event: sparkled\ndata: {}\n\nevent: started\ndata: {}\n\n";
    expect(await eventsOf([new TextEncoder().encode(wire)])).toEqual([
      { event: "started", data: {} },
    ]);
  });

  test("leaving the loop hangs up", async () => {
    let isHungUp = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) =>
        controller.enqueue(new TextEncoder().encode("event: started\ndata: {}\n\n")),
      cancel: () => {
        isHungUp = true;
      },
    });
    for await (const _ of readGenerationEvents(stream)) break;
    await expect.poll(() => isHungUp).toBe(true);
  });
});
