import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { forward } from "@/lib/gateway/forward";
import { DEAD_GATEWAY, gatewayAt, localGateway } from "./local-gateway";

function call(path: string, init?: RequestInit): Request {
  return new Request(`http://studio${path}`, init);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test("method, path, query, headers and body arrive; status and bytes come back", async () => {
  const gateway = await localGateway(async (request, response) => {
    const seen = {
      method: request.method,
      url: request.url,
      body: await bodyOf(request),
    };
    response.writeHead(201, { "content-type": "application/json", etag: '"e"' });
    response.end(JSON.stringify(seen));
  });
  const response = await forward(
    call("/api/generate?a=1&b=%20", { method: "POST", body: '{"prompt":"x"}' }),
    gatewayAt(`${gateway.url}/base/`),
  );
  expect(response.status).toBe(201);
  expect(response.headers.get("etag")).toBe('"e"');
  expect(await response.json()).toEqual({
    method: "POST",
    url: "/base/generate?a=1&b=%20",
    body: '{"prompt":"x"}',
  });
});

test("each piece of a stream passes before the next is written", async () => {
  let send: (piece: string) => void = () => {};
  const gateway = await localGateway((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    send = (piece) => response.write(piece);
    send("event: started\n\n");
  });
  const response = await forward(call("/api/generate", { method: "POST" }), gateway);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toBe("event: started\n\n");
  send("event: progress\n\n");
  expect((await reader?.read())?.value).toBe("event: progress\n\n");
  await reader?.cancel();
});

test("a browser that leaves hangs up on the gateway", async () => {
  const tab = new AbortController();
  let hungUp: Promise<unknown> = Promise.resolve();
  const gateway = await localGateway((request, response) => {
    hungUp = once(request.socket, "close");
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(": heartbeat\n\n");
  });
  await forward(call("/api/generate", { method: "POST", signal: tab.signal }), gateway);
  tab.abort();
  await hungUp;
});

test("a browser that leaves before the answer hangs up as well", async () => {
  const tab = new AbortController();
  let hungUp: Promise<unknown> = Promise.resolve();
  const gateway = await localGateway((request) => {
    hungUp = once(request.socket, "close");
    tab.abort();
  });
  const response = await forward(call("/api/health", { signal: tab.signal }), gateway);
  expect(response.status).toBe(499);
  await hungUp;
});

test("errors of the gateway pass through as they are", async () => {
  const problem = '{"code":"queue_full"}';
  const gateway = await localGateway((_, response) => {
    response.writeHead(503, {
      "content-type": "application/problem+json",
      "retry-after": "5",
    });
    response.end(problem);
  });
  const response = await forward(call("/api/health"), gateway);
  expect(response.status).toBe(503);
  expect(response.headers.get("retry-after")).toBe("5");
  expect(await response.text()).toBe(problem);
});

test("an answer compressed against our wish arrives readable", async () => {
  const gateway = await localGateway((_, response) => {
    response.writeHead(200, { "content-encoding": "gzip" });
    response.end(gzipSync("metrics"));
  });
  expect(await (await forward(call("/api/metrics"), gateway)).text()).toBe("metrics");
});

test("a dead gateway is a 502 problem of ours, with the caller's request id", async () => {
  const outcomes: unknown[] = [];
  const response = await forward(
    call("/api/health", { headers: { "x-request-id": "abc" } }),
    { ...DEAD_GATEWAY, onOutcome: (failure) => outcomes.push(failure) },
  );
  expect(response.status).toBe(502);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(await response.json()).toMatchObject({
    code: "upstream_unreachable",
    detail: "Cannot connect to gateway",
    request_id: "abc",
  });
  expect(outcomes).toHaveLength(1);
  expect(outcomes[0]).toBeInstanceOf(Error);
});

test("the studio's key goes to the gateway in place of what a browser sends", async () => {
  const seen: (string | undefined)[] = [];
  const gateway = await localGateway((request, response) => {
    seen.push(request.headers.authorization);
    response.end();
  });
  const asked = () =>
    call("/api/generate", {
      method: "POST",
      headers: { authorization: "Bearer mine" },
    });
  await forward(asked(), { ...gateway, apiKey: "easel_key" });
  await forward(asked(), gateway);
  expect(seen).toEqual(["Bearer easel_key", "Bearer mine"]);
});

test("a person's key goes to the gateway, and the cookie that holds it does not", async () => {
  let seen: IncomingMessage["headers"] = {};
  const gateway = await localGateway((request, response) => {
    seen = request.headers;
    response.end();
  });
  const headers = { cookie: "easel-language=de; easel-key=easel_abc_secret" };
  await forward(call("/api/models", { headers }), gateway);
  expect(seen.authorization).toBe("Bearer easel_abc_secret");
  expect(seen.cookie).toBeUndefined();
});

test("a page of another site cannot spend the studio's key", async () => {
  let calls = 0;
  const gateway = await localGateway((_, response) => {
    calls++;
    response.end();
  });
  const headers = { "sec-fetch-site": "cross-site", origin: "https://elsewhere" };
  const foreign = await forward(
    call("/api/generate", { method: "POST", headers }),
    gateway,
  );
  expect(foreign.status).toBe(403);
  expect(await foreign.json()).toMatchObject({ code: "forbidden" });
  expect(calls).toBe(0);
});

test("twelve megabytes arrive whole, and are passed on while they come", async () => {
  const piece = new Uint8Array(2 ** 20).fill(7);
  let sent = 0;
  let hearFirst = () => {};
  const firstArrived = new Promise<void>((resolve) => {
    hearFirst = resolve;
  });
  const gateway = await localGateway(async (request, response) => {
    let bytes = 0;
    for await (const chunk of request) {
      bytes += chunk.length;
      hearFirst();
    }
    response.end(String(bytes));
  });
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      // The second piece is there only after the gateway has the first.
      if (sent === 1) await firstArrived;
      if (sent++ < 12) controller.enqueue(piece);
      else controller.close();
    },
  });
  // The browser's way to say it is not in TypeScript's library.
  const upload = { method: "POST", body, duplex: "half" } as RequestInit;
  const response = await forward(call("/api/generate", upload), gateway);
  expect(await response.text()).toBe(String(12 * 2 ** 20));
});

test("an error that is no problem document passes as it came", async () => {
  const page = "<h1>500 Internal Server Error</h1>";
  const gateway = await localGateway((_, response) => {
    response.writeHead(500, { "content-type": "text/html" });
    response.end(page);
  });
  const response = await forward(call("/api/models"), gateway);
  expect(response.status).toBe(500);
  expect(response.headers.get("content-type")).toBe("text/html");
  expect(await response.text()).toBe(page);
});

test("a path that is not on the list never leaves the studio", async () => {
  let calls = 0;
  const gateway = await localGateway((_, response) => {
    calls++;
    response.end();
  });
  expect((await forward(call("/api/openapi.json"), gateway)).status).toBe(404);
  const wrong = await forward(call("/api/health", { method: "POST" }), gateway);
  expect(wrong.status).toBe(405);
  expect(wrong.headers.get("allow")).toBe("GET, HEAD");
  expect(calls).toBe(0);
});
