import { beforeEach, expect, test, vi } from "vitest";
import type * as LiveGenerations from "@/features/generation/live-generations";
import { CallFailed, cancelGeneration, submitGeneration } from "@/lib/api/client";
import type { Failure } from "@/lib/api/failure";
import type { Generation } from "@/lib/api/generated";
import { claimLive, forgetLive, rememberLive } from "@/lib/storage/live-records";

const followed = { add: vi.fn(), remove: vi.fn() };

vi.mock("@/features/generation/follower", () => ({
  Follower: class {
    add = followed.add;
    remove = followed.remove;
  },
}));
vi.mock("@/lib/storage/live-records", () => ({
  claimLive: vi.fn(async () => []),
  forgetLive: vi.fn(async () => {}),
  rememberLive: vi.fn(async () => {}),
}));
vi.mock("@/lib/api/client", async (original) => ({
  ...(await original<typeof import("@/lib/api/client")>()),
  submitGeneration: vi.fn(),
  cancelGeneration: vi.fn(async () => {}),
}));

const REQUEST = { prompt: "a red bicycle", width: 512, height: 512 };
const PLAN = { prompt: "a red bicycle", width: 512, height: 512, numImages: 1 };

const QUEUED: Generation = {
  id: "gen_1",
  model: "m",
  created_at: "2026-11-22T20:00:00Z",
  status: "queued",
  position: 1,
  eta_s: null,
  parameters: {
    prompt: "a red bicycle",
    negative_prompt: null,
    width: 512,
    height: 512,
    num_inference_steps: 4,
    guidance_scale: 4,
    seed: 7,
    num_images: 1,
    sampler: "euler",
  },
};

const BUSY: Failure = {
  kind: "busy",
  detail: null,
  requestId: null,
  param: null,
  retryAfterS: 3,
};

let live: typeof LiveGenerations;

beforeEach(async () => {
  vi.resetModules();
  vi.clearAllMocks();
  live = await import("@/features/generation/live-generations");
});

function only() {
  const [generation] = live.useLiveGenerations.getState().generations;
  if (!generation) throw new Error("there is none");
  return generation;
}

test("it is remembered before it is asked for, and followed once it has a name", async () => {
  vi.mocked(submitGeneration).mockImplementation(async () => {
    expect(rememberLive).toHaveBeenCalledWith(expect.objectContaining({ id: null }));
    return QUEUED;
  });
  const { key, accepted } = live.startGeneration(REQUEST, PLAN);
  expect(only().view.status).toBe("submitting");
  expect(await accepted).toBeNull();
  expect(submitGeneration).toHaveBeenCalledWith(REQUEST, key);
  expect(only().view).toMatchObject({ status: "queued", id: "gen_1" });
  expect(rememberLive).toHaveBeenLastCalledWith(
    expect.objectContaining({ key, id: "gen_1" }),
  );
  await vi.waitFor(() => expect(followed.add).toHaveBeenCalledWith("gen_1"));
});

test("a refusal is its end, and is told", async () => {
  vi.mocked(submitGeneration).mockRejectedValue(new CallFailed(BUSY));
  const { key, accepted } = live.startGeneration(REQUEST, PLAN);
  expect(await accepted).toEqual(BUSY);
  expect(only().view).toMatchObject({ status: "failed", failure: BUSY });
  expect(forgetLive).toHaveBeenCalledWith(key);
  expect(live.useLiveGenerations.getState().lastEnded?.key).toBe(key);
});

test("cancelled before it has a name, it is cancelled as soon as it has one", async () => {
  let take: (generation: Generation) => void = () => {};
  vi.mocked(submitGeneration).mockReturnValue(
    new Promise((resolve) => {
      take = resolve;
    }),
  );
  const { key, accepted } = live.startGeneration(REQUEST, PLAN);
  await live.stopGeneration(key);
  expect(only().view.status).toBe("cancelled");
  expect(cancelGeneration).not.toHaveBeenCalled();
  take(QUEUED);
  await accepted;
  expect(cancelGeneration).toHaveBeenCalledWith("gen_1");
  expect(followed.add).not.toHaveBeenCalled();
});

test("a cancel that the network swallows stays wanted", async () => {
  vi.mocked(submitGeneration).mockResolvedValue(QUEUED);
  vi.mocked(cancelGeneration).mockRejectedValueOnce(new CallFailed(BUSY));
  const { key, accepted } = live.startGeneration(REQUEST, PLAN);
  await accepted;
  await live.stopGeneration(key);
  expect(only().view).toMatchObject({ status: "cancelling", id: "gen_1" });
});

test("after a reload what has a name is followed, and what has none is asked for again", async () => {
  const record = { request: REQUEST, submittedAt: 5, tab: "t" };
  vi.mocked(claimLive).mockResolvedValue([
    { ...record, key: "with", id: "gen_0" },
    { ...record, key: "without", id: null },
  ]);
  vi.mocked(submitGeneration).mockResolvedValue(QUEUED);
  await live.resumeGenerations();
  await vi.waitFor(() => expect(followed.add).toHaveBeenCalledTimes(2));
  expect(followed.add).toHaveBeenCalledWith("gen_0");
  expect(submitGeneration).toHaveBeenCalledExactlyOnceWith(REQUEST, "without");
});

test("of those that have ended the newest eight are kept", async () => {
  vi.mocked(submitGeneration).mockRejectedValue(new CallFailed(BUSY));
  for (let count = 0; count < 10; count++) {
    await live.startGeneration(REQUEST, PLAN).accepted;
  }
  expect(live.useLiveGenerations.getState().generations).toHaveLength(8);
});
