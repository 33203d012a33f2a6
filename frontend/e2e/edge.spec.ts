/** The studio's own server, as it runs in production: streams, keys, other sites. */

import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "./support/fixtures";
import type { Tier } from "./support/process";
import { studioTier } from "./support/tiers";

const KEY = "easel_AbCd1234_secret_check1";

// A step must last longer than the question how far the generation is.
test.use({ stepSeconds: 0.4 });

test.describe("streams", () => {
  test("events come while the picture is painted, though the browser asks for gzip", async ({
    stack: { studio },
  }) => {
    const ids = await Promise.all(
      ["a cat", "a dog"].map((one) => ask(studio.url, one)),
    );
    const query = ids.map((id) => `generation=${id}`).join("&");
    const answer = await get(`${studio.url}/api/follow?${query}`);
    expect(answer.headers["content-encoding"]).toBeUndefined();
    expect(answer.headers["cache-control"]).toBe("no-cache, no-transform");

    let text = "";
    const previewed = new Set<string>();
    for await (const chunk of answer) {
      text += chunk;
      for (const [, id = ""] of text.matchAll(
        /id: (\w[\w-]*)~\d+\nevent: preview\n/g,
      )) {
        if (previewed.has(id)) continue;
        previewed.add(id);
        expect((await document(studio.url, id)).status).toBe("running");
      }
    }
    expect([...previewed].sort()).toEqual([...ids].sort());
    for (const id of ids) {
      expect(text).toMatch(new RegExp(`id: ${id}~\\d+\nevent: completed\n`));
    }
  });

  test("a generation that nobody knows fails beside one that is painted", async ({
    stack: { studio },
  }) => {
    const id = await ask(studio.url, "a fox", 1);
    const url = `${studio.url}/api/follow?generation=gen_nobody_1&generation=${id}`;
    const text = await (await fetch(url)).text();
    expect(text).toMatch(/id: gen_nobody_1~\nevent: failed\ndata: .*not_found/);
    expect(text).toContain("event: completed");
  });
});

test.describe("keys", () => {
  let gateway: Server;
  let asked: IncomingMessage[] = [];
  let studio: Tier;

  test.beforeAll(async () => {
    gateway = createServer((incoming, response) => {
      if (incoming.url === "/elsewhere") {
        response.writeHead(200, { "content-type": "text/html" });
        response.end("<title>Another site</title>");
        return;
      }
      asked.push(incoming);
      const isRight = incoming.headers.authorization === `Bearer ${KEY}`;
      response.writeHead(isRight ? 200 : 401, { "content-type": "application/json" });
      response.end("{}");
    }).listen(0, "127.0.0.1");
    await once(gateway, "listening");
    studio = await studioTier(urlOf(gateway));
    await studio.start();
  });

  test.afterAll(async () => {
    await studio.kill();
    gateway.closeAllConnections();
    gateway.close();
  });

  test.beforeEach(() => {
    asked = [];
  });

  test("a person's key opens the gateway, and no script or other tier sees its cookie", async ({
    page,
  }) => {
    await page.goto(`${studio.url}/icon.svg`);
    const statusOf = (path: string, init?: RequestInit) =>
      page.evaluate(async ([url, how]) => (await fetch(url, how)).status, [
        path,
        init,
      ] as const);
    expect(await statusOf("/api/models")).toBe(401);
    const body = (key: string) => ({ method: "POST", body: JSON.stringify({ key }) });
    expect(await statusOf("/api/key", body("easel_AbCd1234_wrong"))).toBe(401);
    expect(await statusOf("/api/key", body(KEY))).toBe(200);
    expect(await page.evaluate(() => globalThis.document.cookie)).toBe("");

    expect(await statusOf("/api/models")).toBe(200);
    for (const { headers } of asked) expect(headers.cookie).toBeUndefined();

    expect(await statusOf("/api/key", { method: "DELETE" })).toBe(200);
    expect(await statusOf("/api/models")).toBe(401);
  });

  test("another site's page cannot have a person's browser start a generation", async ({
    page,
  }) => {
    await page.goto(`${urlOf(gateway)}/elsewhere`);
    const refused = page.waitForResponse(`${studio.url}/api/generate`);
    await page.evaluate(async (url) => {
      await fetch(url, { method: "POST", mode: "no-cors", body: "{}" });
    }, `${studio.url}/api/generate`);
    expect((await refused).status()).toBe(403);
    expect(asked.map((call) => call.url)).not.toContain("/generate");
  });
});

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** @returns the id of a generation that goes on by itself. */
async function ask(url: string, prompt: string, steps = 4): Promise<string> {
  const response = await fetch(`${url}/api/generate`, {
    method: "POST",
    headers: { "content-type": "application/json", prefer: "respond-async" },
    body: JSON.stringify({ prompt, num_inference_steps: steps }),
  });
  expect(response.status).toBe(202);
  return (await response.json()).id;
}

async function document(url: string, id: string) {
  return await (await fetch(`${url}/api/generations/${id}`)).json();
}

/** As a browser asks: fetch would decode what is compressed, and hide that it was. */
async function get(url: string): Promise<IncomingMessage> {
  const asking = request(url, { headers: { "accept-encoding": "gzip, deflate, br" } });
  asking.end();
  const [answer] = await once(asking, "response");
  return answer;
}
