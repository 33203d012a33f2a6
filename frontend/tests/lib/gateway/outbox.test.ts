import { expect, test } from "vitest";
import { type Message, Outbox } from "@/lib/gateway/outbox";

function message(event: string, eventId: string, data = "{}"): Message {
  return { generation: "gen_a", eventId, event, data };
}

function preview(eventId: string, index: number): Message {
  return message("preview", eventId, `{"step":1,"index":${index},"image":"data:"}`);
}

/** What is left in it, in order: event ids, and comments as they are. */
async function rest(outbox: Outbox): Promise<(string | null)[]> {
  const ids: (string | null)[] = [];
  outbox.close();
  for (let next = await outbox.next(); next !== null; next = await outbox.next()) {
    ids.push(typeof next === "string" ? next : next.eventId);
  }
  return ids;
}

test("messages leave in the order in which they came", async () => {
  const outbox = new Outbox();
  for (const [index, event] of ["snapshot", "started", "image"].entries()) {
    outbox.put(message(event, String(index)));
  }
  expect(await rest(outbox)).toEqual(["0", "1", "2"]);
});

test("who waits is given the next message as soon as it is there", async () => {
  const outbox = new Outbox();
  const next = outbox.next();
  const started = message("started", "1");
  outbox.put(started);
  expect(await next).toBe(started);
});

test("of previews that wait only the newest of each image stays", async () => {
  const outbox = new Outbox();
  outbox.put(preview("1", 0));
  outbox.put(preview("2", 1));
  outbox.put(message("image", "3"));
  outbox.put(preview("4", 0));
  expect(await rest(outbox)).toEqual(["2", "3", "4"]);
});

test("places in the queue and steps make room for later ones", async () => {
  const outbox = new Outbox();
  for (const [id, event] of [
    ["1", "queued"],
    ["2", "queued"],
    ["3", "progress"],
    ["4", "started"],
    ["5", "progress"],
  ] as const) {
    outbox.put(message(event, id));
  }
  expect(await rest(outbox)).toEqual(["2", "4", "5"]);
});

test("one generation's news does not push out another's", async () => {
  const outbox = new Outbox();
  outbox.put(preview("1", 0));
  outbox.put({ ...preview("2", 0), generation: "gen_b" });
  expect(await rest(outbox)).toEqual(["1", "2"]);
});

test("a comment is sent where nothing else shows that the connection lives", async () => {
  const quiet = new Outbox();
  quiet.comment("heartbeat");
  expect(await rest(quiet)).toEqual(["heartbeat"]);
  const busy = new Outbox();
  busy.comment("heartbeat");
  busy.put(message("started", "1"));
  expect(await rest(busy)).toEqual(["1"]);
});

test("closing lets whoever waits go", async () => {
  const outbox = new Outbox();
  const next = outbox.next();
  outbox.close();
  expect(await next).toBeNull();
});
