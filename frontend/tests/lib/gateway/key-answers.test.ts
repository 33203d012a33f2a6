import { expect, test } from "vitest";
import { forgetKey, takeKey, tellKey } from "@/lib/gateway/key-answers";
import { DEAD_GATEWAY, localGateway } from "./local-gateway";

const KEY = "easel_AbCd1234_secret_check1";

function give(body: string, headers: Record<string, string> = {}): Request {
  return new Request("http://studio/api/key", { method: "POST", body, headers });
}

function holding(cookie: string, method = "GET"): Request {
  return new Request("http://studio/api/key", { method, headers: { cookie } });
}

/** A gateway that takes `KEY` and nothing else. */
function strictGateway() {
  return localGateway((request, response) => {
    const isRight = request.headers.authorization === `Bearer ${KEY}`;
    response.writeHead(request.url === "/v1/usage" && isRight ? 200 : 401, {
      "content-type": "application/problem+json",
    });
    response.end('{"code":"unauthorized","detail":"This API key is revoked."}');
  });
}

test("a key that the gateway takes is kept where no script can read it", async () => {
  const gateway = await strictGateway();
  const response = await takeKey(give(JSON.stringify({ key: ` ${KEY}\n` })), gateway);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ source: "person", public_id: "AbCd1234" });
  const [cookie = ""] = response.headers.getSetCookie();
  expect(cookie.split("; ")).toEqual([
    `easel-key=${KEY}`,
    "Path=/api",
    "Max-Age=15552000",
    "HttpOnly",
    "SameSite=Strict",
  ]);
  expect(await tellKey(holding(`a=1; easel-key=${KEY}`), gateway).json()).toEqual({
    source: "person",
    public_id: "AbCd1234",
  });
});

test("what came by https goes back by https only", async () => {
  const gateway = await strictGateway();
  const headers = { "x-forwarded-proto": "https,http" };
  const response = await takeKey(give(JSON.stringify({ key: KEY }), headers), gateway);
  expect(response.headers.get("set-cookie")).toMatch(/; Secure$/);
});

test("a key that the gateway does not take is not kept, and its reason is told", async () => {
  const gateway = await strictGateway();
  const response = await takeKey(give('{"key":"easel_AbCd1234_other"}'), gateway);
  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ detail: "This API key is revoked." });
  expect(response.headers.getSetCookie()).toEqual([]);
});

test("what cannot be a key is refused without asking the gateway", async () => {
  for (const key of ["sk-123", "easel_", "easel_abc", "easel_abc_x; Path=/"]) {
    const response = await takeKey(give(JSON.stringify({ key })), DEAD_GATEWAY);
    expect(response.status, key).toBe(401);
  }
});

test.each([
  ["nothing", ""],
  ["no JSON", "easel"],
  ["no key", "{}"],
  ["a number", '{"key":1}'],
  ["too much", `{"key":"${"x".repeat(5_000)}"}`],
])("a body with %s is an invalid request", async (_, body) => {
  const response = await takeKey(give(body), DEAD_GATEWAY);
  expect(response.status).toBe(422);
  expect(await response.json()).toMatchObject({ param: "key" });
});

test("a key cannot be checked while the gateway is away", async () => {
  const response = await takeKey(give(JSON.stringify({ key: KEY })), DEAD_GATEWAY);
  expect(response.status).toBe(502);
  expect(response.headers.getSetCookie()).toEqual([]);
});

test("a forgotten key is gone from the browser", async () => {
  const response = forgetKey(holding(`easel-key=${KEY}`, "DELETE"), DEAD_GATEWAY);
  expect(await response.json()).toEqual({ source: "none", public_id: null });
  expect(response.headers.get("set-cookie")).toMatch(/^easel-key=; .*Max-Age=0;/);
});

test("where the studio has a key nobody needs, or can give, another", async () => {
  const gateway = { ...DEAD_GATEWAY, apiKey: "easel_studio_1" };
  expect(await tellKey(holding(`easel-key=${KEY}`), gateway).json()).toEqual({
    source: "studio",
    public_id: null,
  });
  const response = await takeKey(give(JSON.stringify({ key: KEY })), gateway);
  expect(response.status).toBe(403);
});

test("another site's page can neither give a key nor have one forgotten", async () => {
  const foreign = { "sec-fetch-site": "cross-site" };
  const given = await takeKey(
    give(JSON.stringify({ key: KEY }), foreign),
    DEAD_GATEWAY,
  );
  expect(given.status).toBe(403);
  const url = "http://studio/api/key";
  const forgotten = new Request(url, { method: "DELETE", headers: foreign });
  expect(forgetKey(forgotten, DEAD_GATEWAY).status).toBe(403);
});
