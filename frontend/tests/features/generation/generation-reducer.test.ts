import { describe, expect, test } from "vitest";
import {
  type GenerationAction,
  reduceGeneration,
} from "@/features/generation/generation-reducer";
import type { GenerationView } from "@/features/generation/generation-view";
import type {
  CompletedGeneration,
  Parameters,
  Problem,
  QueuedGeneration,
} from "@/lib/api/generated";
import type {
  EventData,
  EventName,
  GenerationEvent,
} from "@/lib/api/generation-events";

const PLAN = { prompt: "a red bicycle", width: 512, height: 512, numImages: 1 };

const PARAMETERS: Parameters = {
  prompt: "a red bicycle",
  negative_prompt: null,
  width: 512,
  height: 512,
  num_inference_steps: 4,
  guidance_scale: 4,
  seed: 7,
  num_images: 1,
  sampler: "euler",
};

const DOCUMENT = {
  id: "gen_1",
  model: "m",
  created_at: "2026-11-22T20:00:00Z",
  parameters: PARAMETERS,
};

const QUEUED: QueuedGeneration & { status: "queued" } = {
  ...DOCUMENT,
  status: "queued",
  position: 2,
  eta_s: null,
};

const COMPLETED: CompletedGeneration = {
  ...DOCUMENT,
  status: "completed",
  images: [
    {
      index: 0,
      seed: 7,
      width: 512,
      height: 512,
      media_type: "image/png",
      sha256: "",
      url: "/generations/gen_1/images/0",
    },
  ],
  timings: { queued_s: 0, encode_s: 0, denoise_s: 1, decode_s: 0, total_s: 1 },
  determinism: { level: "seed", largest_batch: 1 },
};

const PROBLEM: Problem = {
  type: "about:blank",
  title: "Out of memory",
  status: 503,
  detail: "1024 x 1024 does not fit",
  code: "out_of_memory",
  request_id: "r",
};

function heard<Name extends EventName>(
  event: Name,
  data: EventData[Name],
): GenerationAction {
  return { type: "heard", event: { event, data } as GenerationEvent };
}

const PROGRESS = (step: number) =>
  heard("progress", { step, num_inference_steps: 4, eta_s: 4 - step });
const PREVIEW = heard("preview", {
  step: 1,
  index: 0,
  image: "data:image/jpeg;base64,AA",
});
const IMAGE = heard("image", {
  index: 0,
  seed: 7,
  url: "/generations/gen_1/images/0",
  sha256: "",
});

function after(...actions: GenerationAction[]): GenerationView {
  return actions.reduce(reduceGeneration, { status: "idle" });
}

const SUBMITTED: GenerationAction = { type: "submitted", plan: PLAN };
const WAITING = [SUBMITTED, heard("snapshot", QUEUED)];
const PAINTING = [...WAITING, heard("started", {}), PROGRESS(1), PREVIEW];

describe("a generation from the click to the picture", () => {
  test("is submitted, then has its place in the queue", () => {
    expect(after(SUBMITTED)).toEqual({ status: "submitting", plan: PLAN });
    expect(after(...WAITING)).toMatchObject({
      status: "queued",
      id: "gen_1",
      position: 2,
    });
    const moved = after(...WAITING, heard("queued", { position: 1, eta_s: 3 }));
    expect(moved).toMatchObject({ status: "queued", position: 1, etaS: 3 });
  });

  test("waits at the gateway before any server knows of it", () => {
    const place = { position: 3, eta_s: 12 };
    const waiting = after(SUBMITTED, heard("queued", place));
    expect(waiting).toEqual({ status: "submitting", plan: PLAN, place });
  });

  test("is painted step by step and keeps the newest preview", () => {
    expect(after(...WAITING, heard("started", {}))).toMatchObject({
      status: "denoising",
      step: 0,
      numInferenceSteps: 4,
    });
    expect(after(...PAINTING, PROGRESS(2))).toMatchObject({
      status: "denoising",
      step: 2,
      etaS: 2,
      tiles: [{ preview: "data:image/jpeg;base64,AA", url: null }],
    });
  });

  test("is decoded after its last step", () => {
    expect(after(...PAINTING, PROGRESS(4))).toMatchObject({ status: "decoding" });
  });

  test("ends with the image over its last preview", () => {
    const view = after(...PAINTING, PROGRESS(4), IMAGE, heard("completed", COMPLETED));
    expect(view).toMatchObject({
      status: "completed",
      generation: COMPLETED,
      tiles: [
        {
          preview: "data:image/jpeg;base64,AA",
          url: "/api/generations/gen_1/images/0",
        },
      ],
    });
  });

  test("takes its shape from what the server will really paint", () => {
    const snapshot = {
      ...QUEUED,
      parameters: { ...PARAMETERS, width: 768, num_images: 2 },
    };
    const view = after(SUBMITTED, heard("snapshot", snapshot));
    expect(view).toMatchObject({ plan: { width: 768, numImages: 2 } });
  });
});

describe("the ways it can end early", () => {
  test("cancelling keeps what was painted", () => {
    const asked = after(...PAINTING, { type: "cancel_requested" });
    expect(asked).toMatchObject({ status: "cancelling" });
    const view = reduceGeneration(asked, { type: "cancelled" });
    expect(view).toMatchObject({
      status: "cancelled",
      tiles: [{ preview: "data:image/jpeg;base64,AA" }],
    });
  });

  test("steps that arrive while cancelling do not bring it back", () => {
    const view = after(...PAINTING, { type: "cancel_requested" }, PROGRESS(2));
    expect(view.status).toBe("cancelling");
  });

  test("an image that was faster than the cancel is kept", () => {
    const view = after(
      ...PAINTING,
      { type: "cancel_requested" },
      heard("completed", COMPLETED),
      { type: "cancelled" },
    );
    expect(view.status).toBe("completed");
  });

  test("a failure in the stream keeps the preview and says why", () => {
    expect(after(...PAINTING, heard("failed", PROBLEM))).toMatchObject({
      status: "failed",
      failure: { kind: "out_of_memory", requestId: "r" },
      tiles: [{ preview: "data:image/jpeg;base64,AA" }],
    });
  });

  test("what comes after the end changes nothing", () => {
    const done = after(...PAINTING, heard("completed", COMPLETED));
    for (const action of [PROGRESS(2), PREVIEW, { type: "cancelled" } as const]) {
      expect(reduceGeneration(done, action)).toBe(done);
    }
  });

  test("a new generation starts over", () => {
    expect(after(...PAINTING, heard("failed", PROBLEM), SUBMITTED)).toEqual({
      status: "submitting",
      plan: PLAN,
    });
  });
});
