import { expect, test } from "vitest";
import { readParameters } from "@/lib/image-metadata/read-parameters";
import { EMPTY_RECIPE } from "@/lib/recipe/recipe";
import {
  exif,
  exifSegment,
  iTXt,
  JFIF,
  jpeg,
  LOSSY,
  png,
  tEXt,
  unicodeComment,
  webp,
  webpChunk,
} from "./files";

function readText(keyword: string, text: string) {
  return readParameters(png(tEXt(keyword, text)));
}

function readJson(keyword: string, document: unknown) {
  return readText(keyword, JSON.stringify(document));
}

/** As the server writes it: `provenance.py`. */
const EASEL_TEXT = [
  "ein Bär, 熊 <lora:ink:0.8>",
  "Negative prompt: fog",
  "Steps: 16, Sampler: DPM++ 2M, Schedule type: Uniform, CFG scale: 4.0, Seed: 8, " +
    'Size: 64x32, Model: "a, b", Denoising strength: 0.6, Version: Easel 0.1.0',
].join("\n");

const EASEL_RECIPE = {
  ...EMPTY_RECIPE,
  prompt: "ein Bär, 熊",
  negativePrompt: "fog",
  model: "a, b",
  width: 64,
  height: 32,
  numInferenceSteps: 16,
  guidanceScale: 4,
  seed: 8,
  sampler: "dpmpp_2m",
  loras: [{ id: "ink", scale: 0.8 }],
  strength: 0.6,
};

test("our PNG: the request that is in it, and not the text beside", async () => {
  const parameters = {
    prompt: "ein Bär, 熊",
    negative_prompt: "fog",
    width: 64,
    height: 32,
    num_inference_steps: 16,
    guidance_scale: 4,
    seed: 8,
    num_images: 1,
    sampler: "dpmpp_2m",
    loras: [{ id: "ink", scale: 0.8 }],
    output_format: "png",
    native_size: null,
    strength: 0.6,
    image_sha256: "00",
    mask_sha256: null,
    determinism: "seed",
    priority: "interactive",
    provenance: true,
    safety_check: true,
  };
  const file = png(
    iTXt("parameters", "something else\nSteps: 1, Sampler: Euler, CFG scale: 1"),
    iTXt("easel", JSON.stringify({ model: "a, b", parameters })),
    iTXt("XML:com.adobe.xmp", "<x:xmpmeta/>"),
  );
  const found = { source: "easel", recipe: EASEL_RECIPE, refused: [], unknown: [] };
  expect(await readParameters(file)).toEqual(found);
});

const EASEL_EXIF = exif({ comment: unicodeComment(EASEL_TEXT) }, "little");

test.each([
  ["JPEG", jpeg(JFIF, exifSegment(EASEL_EXIF))],
  ["WebP", webp(LOSSY, webpChunk("EXIF", EASEL_EXIF))],
])("our %s: everything, from the text", async (_, file) => {
  const found = { source: "easel", recipe: EASEL_RECIPE, refused: [], unknown: [] };
  expect(await readParameters(file)).toEqual(found);
});

test("AUTOMATIC1111 1.10: what is not ours is listed", async () => {
  const text = `a castle, (best quality:1.2) <lora:castleLora:0.8>
in the hills
Negative prompt: blurry,
ugly
Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 12345, Size: 512x768, Model hash: abc123def, Model: dreamshaper_8, VAE hash: 735e4c3a44, VAE: vae-ft-mse.safetensors, Denoising strength: 0.5, Clip skip: 2, Hires upscale: 2, Hires upscaler: 4x-UltraSharp, Lora hashes: "castleLora: deadbeef, b: c", Version: v1.10.1`;
  expect(await readText("parameters", text)).toEqual({
    source: "automatic1111",
    recipe: {
      ...EMPTY_RECIPE,
      prompt: "a castle, (best quality:1.2)\nin the hills",
      negativePrompt: "blurry,\nugly",
      width: 512,
      height: 768,
      numInferenceSteps: 20,
      guidanceScale: 7,
      seed: 12345,
      sampler: "dpmpp_2m_karras",
      loras: [{ id: "castleLora", scale: 0.8 }],
    },
    refused: [],
    unknown: [
      "Model: dreamshaper_8",
      "VAE: vae-ft-mse.safetensors",
      "Denoising strength: 0.5",
      "Clip skip: 2",
      "Hires upscale: 2",
      "Hires upscaler: 4x-UltraSharp",
    ],
  });
});

test.each([
  ["Sampler: Euler a", "euler_ancestral", []],
  ["Sampler: DPM++ 2M Karras", "dpmpp_2m_karras", []],
  ["Sampler: DPM++ 2M", "dpmpp_2m", []],
  ["Sampler: DPM++ 2M, Schedule type: Automatic", "dpmpp_2m_karras", []],
  ["Sampler: Euler, Schedule type: Karras", "euler", ["Schedule type: Karras"]],
  ["Sampler: UniPC, Schedule type: Simple", "unipc", []],
  ["Sampler: Restart", null, ["Sampler: Restart"]],
  [
    "Sampler: DPM++ SDE, Schedule type: Karras",
    null,
    ["Sampler: DPM++ SDE", "Schedule type: Karras"],
  ],
])("%s is %s of ours", async (settings, sampler, unknown) => {
  const found = await readText("parameters", `a cat\nSteps: 20, ${settings}, Seed: 1`);
  expect(found).toMatchObject({ recipe: { sampler }, unknown });
});

test("Forge: values that are JSON or hold commas are one value", async () => {
  const text = `a cat
Steps: 4, Sampler: Euler, Schedule type: Simple, CFG scale: 1, Distilled CFG Scale: 3.5, Seed: 7, Size: 896x1152, Model: flux1-dev, Civitai resources: [{"type":"checkpoint","name":"a, \\"b\\": c"},{"type":"lora"}], Template: "one, Seed: 9", Version: f2.0.1`;
  expect(await readText("parameters", text)).toMatchObject({
    source: "automatic1111",
    recipe: { seed: 7, guidanceScale: 1, width: 896 },
    unknown: ["Model: flux1-dev", "Distilled CFG Scale: 3.5", "Template: one, Seed: 9"],
  });
});

test("values outside the limits are listed, and the rest is taken", async () => {
  const text = "a cat\nSteps: 999, Sampler: Euler, CFG scale: 99, Seed: -1, Size: 8x8";
  expect(await readText("parameters", text)).toEqual({
    source: "automatic1111",
    recipe: { ...EMPTY_RECIPE, prompt: "a cat", sampler: "euler" },
    refused: ["width", "height", "numInferenceSteps", "guidanceScale", "seed"],
    unknown: [],
  });
});

test("a prompt that speaks of steps is not taken for settings", async () => {
  const text = "a stair\nSteps: many of them\nSteps: 20, Sampler: Euler, Seed: 1";
  const found = await readText("parameters", text);
  expect(found?.recipe).toMatchObject({
    prompt: "a stair\nSteps: many of them",
    numInferenceSteps: 20,
  });
});

/** InvokeAI 5, `invokeai_metadata`. */
const INVOKEAI = {
  app_version: "5.4.2",
  generation_mode: "sdxl_txt2img",
  positive_prompt: "a red fox",
  negative_prompt: "fog",
  width: 1024,
  height: 768,
  seed: 3_045_678_901,
  rand_device: "cpu",
  cfg_scale: 5.5,
  cfg_rescale_multiplier: 0,
  steps: 30,
  scheduler: "dpmpp_2m_k",
  clip_skip: 0,
  seamless_x: false,
  seamless_y: false,
  positive_style_prompt: "oil",
  model: {
    key: "0e1f",
    hash: "blake3:1",
    name: "Juggernaut XL v9",
    base: "sdxl",
    type: "main",
  },
  vae: { key: "1", hash: "2", name: "sdxl-vae-fp16-fix", base: "sdxl", type: "vae" },
  loras: [
    { model: { key: "2", name: "ink", base: "sdxl", type: "lora" }, weight: 0.75 },
  ],
  canvas_v2_metadata: { rasterLayers: [] },
  ref_images: [],
};

test("InvokeAI", async () => {
  expect(await readJson("invokeai_metadata", INVOKEAI)).toEqual({
    source: "invokeai",
    recipe: {
      ...EMPTY_RECIPE,
      prompt: "a red fox",
      negativePrompt: "fog",
      width: 1024,
      height: 768,
      numInferenceSteps: 30,
      guidanceScale: 5.5,
      seed: 3_045_678_901,
      sampler: "dpmpp_2m_karras",
      loras: [{ id: "ink", scale: 0.75 }],
    },
    refused: [],
    unknown: ["positive_style_prompt: oil", "vae", "model: Juggernaut XL v9"],
  });
});

test("InvokeAI 3 names models otherwise", async () => {
  const found = await readJson("invokeai_metadata", {
    ...INVOKEAI,
    scheduler: "euler_k",
    model: { model_name: "deliberate", base_model: "sd-1" },
    loras: [{ lora: { model_name: "ink", base_model: "sd-1" }, weight: 1 }],
  });
  expect(found?.recipe).toMatchObject({
    sampler: "euler",
    loras: [{ id: "ink", scale: 1 }],
  });
  expect(found?.unknown).toContain("model: deliberate");
  expect(found?.unknown).toContain("scheduler: euler_k");
});

/** From SwarmUI's own description of its format. */
const SWARMUI = {
  sui_image_params: {
    prompt: "a photo of a cat",
    model: "OfficialStableDiffusion/sd_xl_base_1.0",
    seed: 1,
    steps: 20,
    cfgscale: "7.0",
    aspectratio: "1:1",
    width: 1024,
    height: 1024,
    automaticvae: true,
    negativeprompt: "",
    sampler: "dpmpp_2m",
    scheduler: "karras",
    loras: "ink,styles/oil",
    loraweights: ["0.5", "1"],
    clipstopatlayer: -2,
    swarm_version: "0.9.3.1",
  },
  sui_extra_data: { date: "2024-11-13", generation_time: "4.84 (gen) seconds" },
};

const SWARMUI_FOUND = {
  source: "swarmui",
  recipe: {
    ...EMPTY_RECIPE,
    prompt: "a photo of a cat",
    width: 1024,
    height: 1024,
    numInferenceSteps: 20,
    guidanceScale: 7,
    seed: 1,
    sampler: "dpmpp_2m_karras",
    loras: [
      { id: "ink", scale: 0.5 },
      { id: "styles/oil", scale: 1 },
    ],
  },
  refused: [],
  unknown: ["model: OfficialStableDiffusion/sd_xl_base_1.0", "clipstopatlayer: -2"],
};

test("SwarmUI's PNG", async () => {
  const text = JSON.stringify(SWARMUI, null, 2);
  expect(await readText("parameters", text)).toEqual(SWARMUI_FOUND);
});

test("SwarmUI's JPEG", async () => {
  const comment = unicodeComment(JSON.stringify(SWARMUI), "little");
  const file = jpeg(exifSegment(exif({ comment }, "little")));
  expect(await readParameters(file)).toEqual(SWARMUI_FOUND);
});

/** ComfyUI's default graph, with an adapter. */
test.each([
  ["parameters", ""],
  ["parameters", "a photograph of my dog"],
  ["parameters", "{}"],
  ["parameters", '{"sui_image_params": []}'],
  ["parameters", "Steps: "],
  ["parameters", "\nSteps: ,,,:::,"],
  ["invokeai_metadata", "[]"],
  ["invokeai_metadata", '{"positive_prompt": {"toString": 1}}'],
  ["prompt", '{"3": null, "constructor": {"class_type": "KSampler"}}'],
  ["prompt", '{"3": {"class_type": "KSampler", "inputs": {"latent_image": ["3", 0]}}}'],
  ["easel", '{"parameters": {"prompt": 7}}'],
  ["easel", "null"],
])("%s of %j says nothing of a picture's making", async (keyword, text) => {
  expect(await readText(keyword, text)).toBeNull();
});

test("long hostile texts end in good time", async () => {
  const long = 400_000;
  for (const text of [
    `${"<lora:".repeat(long / 6)}\nSteps: 1, Seed: 1`,
    `a\nSteps: 1, ${'x: "\\'.repeat(long / 5)}`,
    `a\nSteps: 1, ${"[{".repeat(long / 2)}`,
    `a\nSteps: 1, y: ${"[{".repeat(long / 2)}`,
    "\nSteps: ".repeat(long / 8),
    "Negative prompt:\n".repeat(long / 17),
  ]) {
    await readText("parameters", text);
  }
  for (const text of ["[".repeat(long), `{"a":${" ".repeat(long)}NaN`]) {
    await readText("prompt", text);
  }
});

test("what is listed is short and not endless", async () => {
  const settings = Array.from({ length: 90 }, (_, n) => `Odd ${n}: ${"v".repeat(500)}`);
  const found = await readText("parameters", `a\nSteps: 1, ${settings.join(", ")}`);
  expect(found?.unknown).toHaveLength(40);
  expect(found?.unknown[0]).toBe(`Odd 0: ${"v".repeat(60)}…`);
});
