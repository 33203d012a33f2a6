import type { ModelDocument } from "@/lib/api/generated";

/** A model of 512 pixels with everything, changed by what a test is about. */
export function model(part: Partial<ModelDocument> = {}): ModelDocument {
  return {
    id: "m",
    display_name: "M",
    description: "",
    license: null,
    pipeline: "StableDiffusionPipeline",
    sizes: {
      minimum: 64,
      maximum: 2048,
      multiple_of: 8,
      native: [{ width: 512, height: 512 }],
      enlarges: false,
    },
    num_inference_steps: { minimum: 1, maximum: 200 },
    guidance_scale: { minimum: 0, maximum: 30 },
    max_images: 4,
    max_prompt_tokens: 77,
    sampler: "euler",
    defaults: { width: 512, height: 512, num_inference_steps: 16, guidance_scale: 4 },
    features: { negative_prompt: true, guidance_scale: true, previews: true },
    example_prompts: [],
    ...part,
  };
}

const SMALL = { width: 128, height: 128 };

/** Paints 128 pixels and enlarges the rest, as the embedded model does. */
export const ENLARGING = model({
  sizes: {
    minimum: 128,
    maximum: 2048,
    multiple_of: 8,
    native: [SMALL],
    enlarges: true,
  },
  defaults: { ...SMALL, num_inference_steps: 16, guidance_scale: 4 },
});

/** Of a server of another make: three sizes and no other, and a seed of its own choice. */
export const FIXED_SIZES = model({
  sizes: {
    minimum: 1024,
    maximum: 1536,
    multiple_of: 1,
    native: [
      { width: 1024, height: 1024 },
      { width: 1536, height: 1024 },
      { width: 1024, height: 1536 },
    ],
    enlarges: false,
    only_native: true,
  },
  features: {
    negative_prompt: false,
    guidance_scale: false,
    previews: false,
    seed: false,
  },
  defaults: { width: 1024, height: 1024, num_inference_steps: 1, guidance_scale: 0 },
});
