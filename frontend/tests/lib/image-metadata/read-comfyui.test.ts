import { expect, test } from "vitest";
import { readParameters } from "@/lib/image-metadata/read-parameters";
import { EMPTY_RECIPE } from "@/lib/recipe/recipe";
import { bytesOf, exif, LOSSY, png, tEXt, webp, webpChunk } from "./files";

function readText(keyword: string, text: string) {
  return readParameters(png(tEXt(keyword, text)));
}

function readJson(keyword: string, document: unknown) {
  return readText(keyword, JSON.stringify(document));
}

const COMFYUI = {
  "3": {
    inputs: {
      seed: 156680208,
      steps: 20,
      cfg: 8,
      sampler_name: "euler",
      scheduler: "normal",
      denoise: 1,
      model: ["10", 0],
      positive: ["6", 0],
      negative: ["7", 0],
      latent_image: ["5", 0],
    },
    class_type: "KSampler",
    _meta: { title: "KSampler" },
  },
  "4": {
    inputs: { ckpt_name: "v1-5-pruned-emaonly.safetensors" },
    class_type: "CheckpointLoaderSimple",
    is_changed: ["NaN"],
  },
  "5": {
    inputs: { width: 512, height: 768, batch_size: 1 },
    class_type: "EmptyLatentImage",
  },
  "6": {
    inputs: { text: "a glass bottle", clip: ["10", 1] },
    class_type: "CLIPTextEncode",
  },
  "7": {
    inputs: { text: "text, watermark", clip: ["10", 1] },
    class_type: "CLIPTextEncode",
  },
  "8": { inputs: { samples: ["3", 0], vae: ["4", 2] }, class_type: "VAEDecode" },
  "9": {
    inputs: { filename_prefix: "ComfyUI", images: ["8", 0] },
    class_type: "SaveImage",
  },
  "10": {
    inputs: {
      lora_name: "ink.safetensors",
      strength_model: 0.8,
      strength_clip: 1,
      model: ["4", 0],
      clip: ["4", 1],
    },
    class_type: "LoraLoader",
  },
};

const COMFYUI_FOUND = {
  source: "comfyui",
  recipe: {
    ...EMPTY_RECIPE,
    prompt: "a glass bottle",
    negativePrompt: "text, watermark",
    width: 512,
    height: 768,
    numInferenceSteps: 20,
    guidanceScale: 8,
    seed: 156680208,
    sampler: "euler",
    loras: [{ id: "ink", scale: 0.8 }],
  },
  refused: [],
  unknown: ["model: v1-5-pruned-emaonly.safetensors"],
};

test("ComfyUI's PNG, with the NaN that Python writes", async () => {
  const text = JSON.stringify(COMFYUI).replace('"NaN"', "NaN");
  expect(text).toContain("[NaN]");
  expect(await readText("prompt", text)).toEqual(COMFYUI_FOUND);
});

test("ComfyUI's WebP", async () => {
  const graph = bytesOf(`prompt:${JSON.stringify(COMFYUI)}\0`);
  const workflow = bytesOf("workflow:{}\0");
  const tiff = exif({
    first: [
      [0x010f, workflow],
      [0x0110, graph],
    ],
  });
  const file = webp(LOSSY, webpChunk("EXIF", tiff));
  expect(await readParameters(file)).toEqual(COMFYUI_FOUND);
});

test("ComfyUI: two passes, text from another node, conditioning in between", async () => {
  const graph = {
    "1": {
      class_type: "KSamplerAdvanced",
      inputs: { noise_seed: 9, steps: 5, latent_image: ["2", 0], positive: ["5", 0] },
    },
    "2": { class_type: "LatentUpscale", inputs: { samples: ["3", 0] } },
    "3": {
      class_type: "KSampler",
      inputs: {
        seed: ["7", 0],
        steps: 30,
        cfg: 6,
        sampler_name: "res_multistep",
        scheduler: "beta",
        positive: ["5", 0],
        negative: ["8", 0],
        latent_image: ["4", 0],
      },
    },
    "4": {
      class_type: "EmptySD3LatentImage",
      inputs: { width: 1024, height: 1024, batch_size: 2 },
    },
    "5": {
      class_type: "ControlNetApplyAdvanced",
      inputs: { positive: ["6", 0], negative: ["8", 0] },
    },
    "6": { class_type: "CLIPTextEncode", inputs: { text: ["9", 0] } },
    "7": { class_type: "PrimitiveInt", inputs: { value: 77 } },
    "8": { class_type: "ConditioningZeroOut", inputs: { conditioning: ["6", 0] } },
    "9": { class_type: "PrimitiveStringMultiline", inputs: { value: "a harbour" } },
  };
  expect(await readJson("prompt", graph)).toEqual({
    source: "comfyui",
    recipe: {
      ...EMPTY_RECIPE,
      prompt: "a harbour",
      width: 1024,
      height: 1024,
      numInferenceSteps: 30,
      guidanceScale: 6,
      seed: 77,
    },
    refused: [],
    unknown: [
      "sampler_name: res_multistep",
      "scheduler: beta",
      "KSampler: 2 passes",
      "batch_size: 2",
    ],
  });
});

test("ComfyUI: Flux, whose sampler is in pieces; a seed of 64 bits", async () => {
  const graph = {
    "1": {
      class_type: "SamplerCustomAdvanced",
      inputs: {
        noise: ["2", 0],
        guider: ["3", 0],
        sampler: ["4", 0],
        sigmas: ["5", 0],
        latent_image: ["6", 0],
      },
    },
    "2": {
      class_type: "RandomNoise",
      inputs: { noise_seed: 1_007_113_204_557_943_900 },
    },
    "3": { class_type: "BasicGuider", inputs: { conditioning: ["7", 0] } },
    "4": { class_type: "KSamplerSelect", inputs: { sampler_name: "euler" } },
    "5": {
      class_type: "BasicScheduler",
      inputs: { scheduler: "simple", steps: 24, denoise: 1 },
    },
    "6": { class_type: "EmptySD3LatentImage", inputs: { width: 1024, height: 768 } },
    "7": {
      class_type: "FluxGuidance",
      inputs: { guidance: 3.5, conditioning: ["8", 0] },
    },
    "8": {
      class_type: "CLIPTextEncodeFlux",
      inputs: { clip_l: "short", t5xxl: "a lighthouse in a storm" },
    },
    "9": { class_type: "UNETLoader", inputs: { unet_name: "flux1-dev.safetensors" } },
  };
  expect(await readJson("prompt", graph)).toEqual({
    source: "comfyui",
    recipe: {
      ...EMPTY_RECIPE,
      prompt: "a lighthouse in a storm",
      width: 1024,
      height: 768,
      numInferenceSteps: 24,
      guidanceScale: 3.5,
      sampler: "euler",
    },
    refused: ["seed"],
    unknown: ["model: flux1-dev.safetensors"],
  });
});

test("ComfyUI: an image to start from gives a strength and no size", async () => {
  const graph = {
    "3": {
      class_type: "KSampler",
      inputs: { ...COMFYUI["3"].inputs, denoise: 0.6, latent_image: ["5", 0] },
    },
    "5": { class_type: "VAEEncode", inputs: { pixels: ["11", 0] } },
    "6": COMFYUI["6"],
    "11": { class_type: "LoadImage", inputs: { image: "fox.png" } },
  };
  expect((await readJson("prompt", graph))?.recipe).toMatchObject({
    strength: 0.6,
    width: null,
  });
});

test("a graph in a circle ends", async () => {
  const graph = {
    "3": { ...COMFYUI["3"], inputs: { ...COMFYUI["3"].inputs, seed: ["6", 0] } },
    "6": {
      class_type: "CLIPTextEncode",
      inputs: { text: ["6", 0], conditioning: ["6", 0] },
    },
  };
  expect((await readJson("prompt", graph))?.recipe).toMatchObject({ prompt: "" });
});
