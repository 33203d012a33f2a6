import { expect, test } from "vitest";
import { NOTHING_SEEN, newest, seenAtFirst } from "@/features/service/seen";
import { health } from "../health";
import { model } from "../models";

const LOADING = health({
  text2image_server: { status: "loading", model_loaded: false, cuda_available: false },
});

test("a page that comes with health and models knows them at once", () => {
  const models = [model()];
  expect(seenAtFirst({ health: health(), models })).toEqual({
    ...NOTHING_SEEN,
    service: { status: "ready", health: health() },
    models,
  });
});

test("a server that is not ready is known without its models", () => {
  const seen = seenAtFirst({ health: LOADING, models: null });
  expect(seen.service.status).toBe("model_loading");
});

test.each([null, { health: health(), models: null }])(
  "without all answers a page begins with nothing",
  (answers) => {
    expect(seenAtFirst(answers)).toBe(NOTHING_SEEN);
  },
);

test("what came with the page counts until the page has looked", () => {
  const atFirst = seenAtFirst({ health: LOADING, models: null });
  const own = seenAtFirst({ health: health(), models: [model()] });
  expect(newest(NOTHING_SEEN, atFirst)).toBe(atFirst);
  expect(newest(own, atFirst)).toBe(own);
});
