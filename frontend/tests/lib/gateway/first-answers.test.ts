import { expect, test } from "vitest";
import { firstAnswers } from "@/lib/gateway/first-answers";
import { health } from "../../features/health";
import { model } from "../../features/models";
import { DEAD_GATEWAY, localGateway } from "./local-gateway";

const PATIENT = new AbortController().signal;

test("health and models come together, asked for with the browser's address and no cookie", async () => {
  const asked: Record<string, unknown>[] = [];
  const gateway = await localGateway((request, response) => {
    asked.push({ url: request.url, ...request.headers });
    const document = request.url === "/health" ? health() : { models: [model()] };
    response.end(JSON.stringify(document));
  });
  const headers = new Headers({
    accept: "text/html",
    cookie: "easel-language=de",
    "if-none-match": '"page"',
    "x-forwarded-for": "192.0.2.1",
  });
  const answers = await firstAnswers(headers, gateway, PATIENT);
  expect(answers).toEqual({ health: health(), models: [model()] });
  expect(asked.map(({ url }) => url).sort()).toEqual(["/health", "/models"]);
  for (const call of asked) {
    expect(call).toMatchObject({
      accept: "application/json",
      "x-forwarded-for": "192.0.2.1",
    });
    expect(call).not.toHaveProperty("cookie");
    expect(call).not.toHaveProperty("if-none-match");
  }
});

test("models that are not told leave the health", async () => {
  const gateway = await localGateway((request, response) => {
    response.statusCode = request.url === "/health" ? 200 : 401;
    response.end(JSON.stringify(health()));
  });
  const answers = await firstAnswers(new Headers(), gateway, PATIENT);
  expect(answers).toEqual({ health: health(), models: null });
});

test("without an answer there are none, and nobody is told of it", async () => {
  const outcomes: unknown[] = [];
  const dead = { ...DEAD_GATEWAY, onOutcome: (why: unknown) => outcomes.push(why) };
  expect(await firstAnswers(new Headers(), dead, PATIENT)).toBeNull();
  expect(outcomes).toEqual([]);
});

test("a gateway that is slow is not waited for", async () => {
  const patience = new AbortController();
  const gateway = await localGateway(() => patience.abort());
  expect(await firstAnswers(new Headers(), gateway, patience.signal)).toBeNull();
});

test("an answer that is no document counts as none", async () => {
  const gateway = await localGateway((_, response) => response.end("<html>"));
  expect(await firstAnswers(new Headers(), gateway, PATIENT)).toBeNull();
});
