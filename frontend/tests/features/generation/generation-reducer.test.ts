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

const SUBMITTED: GenerationView = { status: "submitting", plan: PLAN };

function after(...actions: GenerationAction[]): GenerationView {
  return actions.reduce(reduceGeneration, SUBMITTED);
}

const WAITING = [heard("snapshot", QUEUED)];
const PAINTING = [...WAITING, heard("started", {}), PROGRESS(1), PREVIEW];

describe("a generation from the click to the picture", () => {
  test("is submitted, then has its place in the queue", () => {
    expect(after(...WAITING)).toMatchObject({
      status: "queued",
      id: "gen_1",
      position: 2,
    });
    const moved = after(...WAITING, heard("queued", { position: 1, eta_s: 3 }));
    expect(moved).toMatchObject({ status: "queued", position: 1, etaS: 3 });
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
    const view = after(heard("snapshot", snapshot));
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
});

describe("the time that is left", () => {
  const progress = (step: number, eta_s: number | null) =>
    heard("progress", { step, num_inference_steps: 9, eta_s });

  test("is not told before two steps are done", () => {
    expect(after(...WAITING, progress(1, 8))).toMatchObject({ etaS: null });
    expect(after(...WAITING, progress(2, 7))).toMatchObject({ etaS: 7 });
  });

  test("never grows while steps are done", () => {
    const view = after(...WAITING, progress(2, 7), progress(3, 9), progress(4, null));
    expect(view).toMatchObject({ step: 4, etaS: null });
    expect(after(...WAITING, progress(2, 7), progress(3, 9))).toMatchObject({
      etaS: 7,
    });
    expect(after(...WAITING, progress(2, 7), progress(3, 4))).toMatchObject({
      etaS: 4,
    });
  });
});

describe("a stream that is opened again", () => {
  const running = { ...DOCUMENT, status: "running" as const, step: 3, eta_s: 1 };

  test("keeps the preview that was seen before", () => {
    expect(after(...PAINTING, heard("snapshot", running))).toMatchObject({
      status: "denoising",
      step: 3,
      tiles: [{ preview: "data:image/jpeg;base64,AA" }],
    });
  });

  test("does not undo a cancel that is on its way", () => {
    const view = after({ type: "cancel_requested" }, heard("snapshot", running));
    expect(view).toMatchObject({ status: "cancelling", id: "gen_1" });
  });

  test("finds what ended meanwhile", () => {
    const completed = { ...COMPLETED, status: "completed" as const };
    expect(after(...PAINTING, heard("snapshot", completed)).status).toBe("completed");
    const cancelled = {
      ...DOCUMENT,
      status: "cancelled" as const,
      reason: "requested" as const,
    };
    expect(after(...PAINTING, heard("snapshot", cancelled)).status).toBe("cancelled");
  });
});
