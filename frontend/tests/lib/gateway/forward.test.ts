import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { forward } from "@/lib/gateway/forward";

const servers: Server[] = [];

async function gateway(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

function call(path: string, init?: RequestInit): Request {
  return new Request(`http://studio${path}`, init);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test("method, path, query, headers and body arrive; status and bytes come back", async () => {
  const url = await gateway(async (request, response) => {
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
    `${url}/base/`,
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
  const url = await gateway((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    send = (piece) => response.write(piece);
    send("event: started\n\n");
  });
  const response = await forward(call("/api/generate", { method: "POST" }), url);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toBe("event: started\n\n");
  send("event: progress\n\n");
  expect((await reader?.read())?.value).toBe("event: progress\n\n");
  await reader?.cancel();
});

test("a browser that leaves hangs up on the gateway", async () => {
  const tab = new AbortController();
  let hungUp: Promise<unknown> = Promise.resolve();
  const url = await gateway((request, response) => {
    hungUp = once(request.socket, "close");
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(": heartbeat\n\n");
  });
  await forward(call("/api/generate", { method: "POST", signal: tab.signal }), url);
  tab.abort();
  await hungUp;
});

test("a browser that leaves before the answer hangs up as well", async () => {
  const tab = new AbortController();
  let hungUp: Promise<unknown> = Promise.resolve();
  const url = await gateway((request) => {
    hungUp = once(request.socket, "close");
    tab.abort();
  });
  const response = await forward(call("/api/health", { signal: tab.signal }), url);
  expect(response.status).toBe(499);
  await hungUp;
});

test("errors of the gateway pass through as they are", async () => {
  const problem = '{"code":"queue_full"}';
  const url = await gateway((_, response) => {
    response.writeHead(503, {
      "content-type": "application/problem+json",
      "retry-after": "5",
    });
    response.end(problem);
  });
  const response = await forward(call("/api/health"), url);
  expect(response.status).toBe(503);
  expect(response.headers.get("retry-after")).toBe("5");
  expect(await response.text()).toBe(problem);
});

test("an answer compressed against our wish arrives readable", async () => {
  const url = await gateway((_, response) => {
    response.writeHead(200, { "content-encoding": "gzip" });
    response.end(gzipSync("metrics"));
  });
  expect(await (await forward(call("/api/metrics"), url)).text()).toBe("metrics");
});

test("a dead gateway is a 502 problem of ours, with the caller's request id", async () => {
  const outcomes: unknown[] = [];
  const response = await forward(
    call("/api/health", { headers: { "x-request-id": "abc" } }),
    "http://127.0.0.1:1",
    (failure) => outcomes.push(failure),
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
  const url = await gateway((request, response) => {
    seen.push(request.headers.authorization);
    response.end();
  });
  const asked = () =>
    call("/api/generate", {
      method: "POST",
      headers: { authorization: "Bearer mine" },
    });
  await forward(asked(), url, () => {}, "easel_key");
  await forward(asked(), url);
  expect(seen).toEqual(["Bearer easel_key", "Bearer mine"]);
});

test("a path that is not on the list never leaves the studio", async () => {
  let calls = 0;
  const url = await gateway((_, response) => {
    calls++;
    response.end();
  });
  expect((await forward(call("/api/openapi.json"), url)).status).toBe(404);
  const wrong = await forward(call("/api/health", { method: "POST" }), url);
  expect(wrong.status).toBe(405);
  expect(wrong.headers.get("allow")).toBe("GET, HEAD");
  expect(calls).toBe(0);
});
