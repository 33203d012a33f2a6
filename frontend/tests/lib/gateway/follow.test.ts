import { once } from "node:events";
import type { IncomingHttpHeaders, RequestListener, ServerResponse } from "node:http";
import { expect, test } from "vitest";
import type { FollowedEvent } from "@/lib/api/read-follow";
import { readFollow } from "@/lib/api/read-follow";
import { follow } from "@/lib/gateway/follow";
import { connections } from "@/lib/gateway/gateway";
import { DEAD_GATEWAY, localGateway } from "./local-gateway";

const IMPATIENT = { connections: connections(0), askAgainMs: 1 };

function asking(query: string, init?: RequestInit): Request {
  return new Request(`http://studio/api/follow?${query}`, init);
}

const BOTH = "generation=gen_a&generation=gen_b";

/** Answers each `/generations/<id>/events` with what stands for that id. */
function streams(answers: Record<string, RequestListener>): RequestListener {
  return (request, response) => {
    const [, , id = ""] = request.url?.split("/") ?? [];
    answers[id]?.(request, response);
  };
}

function open(response: ServerResponse): ServerResponse {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.flushHeaders();
  return response;
}

const COMPLETED = 'event: completed\ndata: {"status":"completed"}\nid: 9\n\n';

/** Ends at once. */
const ended: RequestListener = (_, response) => void open(response).end(COMPLETED);

/** Begins, and says nothing more. */
const silent: RequestListener = (_, response) => {
  open(response).write("event: started\ndata: {}\nid: 1\n\n");
};

function refusing(status: number, body: string): RequestListener {
  return (_, response) => {
    response.writeHead(status, { "content-type": "application/problem+json" });
    response.end(body);
  };
}

const NOT_FOUND = JSON.stringify(
  { code: "generation_not_found", detail: "ö" },
  null,
  1,
);

/** `gen_a~9 completed` for each event. */
async function heard(response: Response): Promise<string[]> {
  const all: string[] = [];
  for await (const followed of read(response)) all.push(line(followed));
  return all;
}

function line({ id, eventId, event }: FollowedEvent): string {
  return `${id}~${eventId ?? ""} ${event.event}`;
}

function read(response: Response) {
  if (!response.body) throw new Error("no body");
  return readFollow(response.body);
}

test("events of several generations come over one answer, names and data as they were", async () => {
  const sends: Record<string, (text: string) => void> = {};
  const speaking =
    (id: string): RequestListener =>
    (_, response) => {
      open(response);
      sends[id] = (text) => void response.write(text);
      if (sends.gen_a && sends.gen_b)
        sends.gen_a("event: started\ndata: {}\nid: 1\n\n");
    };
  const gateway = await localGateway(
    streams({ gen_a: speaking("gen_a"), gen_b: speaking("gen_b") }),
  );
  const response = await follow(asking(BOTH), gateway);
  expect(response.status).toBe(200);
  const events = read(response);
  const next = async () => (await events.next()).value;
  // Each is there before the next is written, so none is held back.
  expect(await next()).toEqual({
    id: "gen_a",
    eventId: "1",
    event: { event: "started", data: {} },
  });
  sends.gen_b?.('event: queued\ndata: {"position":2,"eta_s":null}\n\n');
  expect(await next()).toEqual({
    id: "gen_b",
    eventId: null,
    event: { event: "queued", data: { position: 2, eta_s: null } },
  });
  sends.gen_a?.(COMPLETED);
  expect(await next()).toMatchObject({ id: "gen_a", eventId: "9" });
  sends.gen_b?.('event: cancelled\ndata: {"reason":"requested"}\nid: 4\n\n');
  expect(await next()).toMatchObject({ id: "gen_b", eventId: "4" });
  expect(await next()).toBeUndefined();
});

test("each upstream is asked behind its last event, with the caller's headers and key", async () => {
  const seen: Record<string, IncomingHttpHeaders> = {};
  const gateway = await localGateway((request, response) => {
    seen[request.url ?? ""] = request.headers;
    open(response).end(COMPLETED);
  });
  const headers = {
    "x-request-id": "r1",
    "last-event-id": "99",
    cookie: "easel-key=easel_abc_secret",
  };
  const response = await follow(
    asking("generation=gen_a~7&generation=gen_b~", { headers }),
    gateway,
  );
  expect(await heard(response)).toHaveLength(2);
  const [a, b] = [seen["/generations/gen_a/events"], seen["/generations/gen_b/events"]];
  expect(a?.["last-event-id"]).toBe("7");
  expect(b?.["last-event-id"]).toBeUndefined();
  for (const asked of [a, b]) {
    expect(asked).toMatchObject({
      accept: "text/event-stream",
      authorization: "Bearer easel_abc_secret",
      "x-request-id": "r1",
    });
    expect(asked?.cookie).toBeUndefined();
  }
});

test("nothing on the way is to buffer or change it", async () => {
  const gateway = await localGateway(ended);
  const { headers } = await follow(asking("generation=gen_a"), gateway);
  expect(headers.get("content-type")).toBe("text/event-stream");
  expect(headers.get("cache-control")).toBe("no-cache, no-transform");
  expect(headers.get("x-accel-buffering")).toBe("no");
});

test("a generation that is not found fails with the gateway's words; the other goes on", async () => {
  const gateway = await localGateway(
    streams({ gen_a: refusing(404, NOT_FOUND), gen_b: ended }),
  );
  const response = await follow(asking(BOTH), gateway);
  const text = await response.text();
  const problem = NOT_FOUND.split("\n").map((part) => `data: ${part}\n`);
  expect(text).toContain(`id: gen_a~\nevent: failed\n${problem.join("")}\n`);
  expect(text).toContain("id: gen_b~9\nevent: completed\n");
});

test("a gateway that breaks off ends the answer behind what has arrived", async () => {
  const gateway = await localGateway(
    streams({
      gen_a: silent,
      gen_b: (_, response) => {
        const text = "event: started\ndata: {}\nid: 1\n\n";
        open(response).write(text, () => response.destroy());
      },
    }),
  );
  const lines = await heard(await follow(asking(BOTH), gateway));
  expect(lines).toContain("gen_b~1 started");
});

test("events that end before the generation does end the answer", async () => {
  const gateway = await localGateway((_, response) => void open(response).end());
  expect(await heard(await follow(asking("generation=gen_a"), gateway))).toEqual([]);
});

test("a gateway that shows no sign of life counts as gone", async () => {
  const gateway = await localGateway(silent);
  const patience = { ...IMPATIENT, connections: connections(20) };
  const response = await follow(asking("generation=gen_a"), gateway, patience);
  expect(await heard(response)).toEqual(["gen_a~1 started"]);
});

test("a heartbeat of the gateway is passed on at once", async () => {
  let beat = () => {};
  const gateway = await localGateway((_, response) => {
    open(response);
    beat = () => response.write(": heartbeat\n\n");
  });
  const response = await follow(asking("generation=gen_a"), gateway);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toBe(": following\n\n");
  beat();
  expect((await reader?.read())?.value).toBe(": heartbeat\n\n");
  await reader?.cancel();
});

test.each([
  ["goes away", (tab: AbortController) => tab.abort()],
  ["reads no further", (_: AbortController, body: Response["body"]) => body?.cancel()],
])("a browser that %s hangs up on the gateway, on every stream", async (_, leave) => {
  const tab = new AbortController();
  const hungUp: Promise<unknown>[] = [];
  const gateway = await localGateway((request, response) => {
    hungUp.push(once(request.socket, "close"));
    silent(request, response);
  });
  const response = await follow(asking(BOTH, { signal: tab.signal }), gateway);
  const reading = response.body?.getReader();
  while (hungUp.length < 2) await reading?.read();
  reading?.releaseLock();
  await leave(tab, response.body);
  await Promise.all(hungUp);
});

test("a gateway that is away is our 502", async () => {
  const outcomes: unknown[] = [];
  const response = await follow(asking(BOTH, { headers: { "x-request-id": "abc" } }), {
    ...DEAD_GATEWAY,
    onOutcome: (failure) => outcomes.push(failure),
  });
  expect(response.status).toBe(502);
  expect(await response.json()).toMatchObject({
    code: "upstream_unreachable",
    request_id: "abc",
  });
  expect(outcomes).toHaveLength(2);
});

test.each([
  [401, '{"code":"unauthorized","detail":"…"}'],
  [503, '{"code":"server_stopping","detail":"…"}'],
  [404, "<h1>some other server</h1>"],
])(
  "a refusal with %s that speaks of no generation is passed on",
  async (status, body) => {
    const gateway = await localGateway(refusing(status, body));
    const response = await follow(asking(BOTH), gateway);
    expect(response.status).toBe(status);
    expect(await response.text()).toBe(body);
  },
);

test("one that is refused for now ends the answer a little later, for another try", async () => {
  const gateway = await localGateway(
    streams({ gen_a: refusing(502, "{}"), gen_b: silent }),
  );
  const response = await follow(asking(BOTH), gateway, IMPATIENT);
  // It ends, though nothing more is said of gen_b.
  expect(response.status).toBe(200);
  for (const said of await heard(response)) expect(said).toBe("gen_b~1 started");
});

test.each([
  ["none", ""],
  ["17", Array.from({ length: 17 }, (_, n) => `generation=gen_${n}`).join("&")],
  ["a path", "generation=..%2Fmodels"],
])("%s to follow is a bad request that asks nothing", async (_, query) => {
  const response = await follow(asking(query), DEAD_GATEWAY);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    code: "invalid_request",
    param: "generation",
  });
});

test("sixteen can be followed", async () => {
  const gateway = await localGateway(ended);
  const query = Array.from({ length: 16 }, (_, n) => `generation=gen_${n}`).join("&");
  expect(await heard(await follow(asking(query), gateway))).toHaveLength(16);
});

test("another site's page cannot listen", async () => {
  const headers = { "sec-fetch-site": "cross-site" };
  const response = await follow(asking(BOTH, { headers }), DEAD_GATEWAY);
  expect(response.status).toBe(403);
});

test("a slow browser gets the newest preview and no backlog", async () => {
  const PREVIEWS = 200;
  // More than all sockets on the way can hold.
  const image = "x".repeat(2 ** 18);
  let written: Promise<unknown> = Promise.resolve();
  const gateway = await localGateway((_, response) => {
    open(response);
    for (let step = 1; step <= PREVIEWS; step++) {
      const data = JSON.stringify({ step, index: 0, image });
      response.write(`event: preview\ndata: ${data}\nid: ${step}\n\n`);
    }
    response.end(`event: image\ndata: {}\nid: 201\n\n${COMPLETED}`);
    written = once(response, "finish");
  });
  const response = await follow(asking("generation=gen_a"), gateway);
  await written;
  const lines = await heard(response);
  expect(lines.length).toBeLessThan(PREVIEWS / 2);
  expect(lines.slice(-2)).toEqual(["gen_a~201 image", "gen_a~9 completed"]);
});
