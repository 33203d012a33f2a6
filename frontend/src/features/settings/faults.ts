/** Which fields the form has, and what can be wrong with one. Pure. */

export const FIELDS = [
  "prompt",
  "negative_prompt",
  "model",
  "width",
  "height",
  "num_inference_steps",
  "guidance_scale",
  "sampler",
  "loras",
  "seed",
  "num_images",
  "image",
  "mask",
  "strength",
  "determinism",
] as const;

export type FieldName = (typeof FIELDS)[number];

/** A field with what is wrong about it. */
export type Fault = { field: FieldName; message: string };

/**
 * The field of the form behind a parameter that the server names.
 *
 * @param param may lead into a list: `loras.0.scale`.
 */
export function fieldOfParam(param: string | null): FieldName | null {
  const [name] = (param ?? "").split(/[.[]/);
  return FIELDS.find((field) => field === name) ?? null;
}

/** What is wrong with `field`, or null. */
export function messageFor(fault: Fault | null, field: FieldName): string | null {
  return fault?.field === field ? fault.message : null;
}
