/**
 * ComfyUI: the graph that was run, of which the sampler's surroundings are read.
 *
 * Graphs can be anything; this follows the links that text-to-image has, and says
 * nothing of the rest.
 */

import { type FoundParameters, found, type Unknown } from "../found-parameters";
import { field, isNothing, readJsonObject } from "../json";
import { ourSampler } from "../samplers";
import { CAMERA_TAGS, type Texts } from "../texts";
import {
  type Graph,
  type GraphNode,
  inputValue,
  linked,
  readGraph,
  upstream,
} from "./comfyui-graph";

const PROMPT_PREFIX = /^prompt:/i;

/** Text of encoders for one, two or three text models, the fullest first. */
const TEXT_INPUTS = ["text", "t5xxl", "text_g", "clip_l", "text_l", "prompt", "string"];

const CONDITIONING_INPUTS = [
  "conditioning",
  "conditioning_1",
  "conditioning_to",
  "conditioning_2",
  "conditioning_from",
];

const LATENT_INPUTS = ["latent_image", "samples", "latent", "pixels", "image"];

const UNKNOWN_INPUTS = {
  ckpt_name: "model",
  unet_name: "model",
  vae_name: "vae",
  stop_at_clip_layer: "clip skip",
  control_net_name: "controlnet",
};

export function readComfyUi(texts: Texts): FoundParameters | null {
  const document = readJsonObject(graphText(texts));
  const graph = document && readGraph(document);
  if (!graph) return null;
  const samplers = [...graph.values()].filter(isSampler);
  const sampler = firstPass(graph, samplers);
  if (!sampler) return null;
  const parts = partsOf(graph, sampler);
  const value = (...inputs: string[]) => {
    for (const part of parts) {
      for (const input of inputs) {
        const one = inputValue(graph, part, input);
        if (one !== undefined) return one;
      }
    }
    return undefined;
  };
  const guider = parts.find(
    ({ inputs }) => field(inputs, "positive") ?? field(inputs, "conditioning"),
  );
  const positive =
    linked(graph, guider, "positive") ?? linked(graph, guider, "conditioning");
  const negative = linked(graph, guider, "negative");
  const latent = sizeNode(graph, sampler);
  const names = { sampler: value("sampler_name"), schedule: value("scheduler") };
  const ours = ourSampler(names.sampler, names.schedule);

  const unknown: Unknown = unknownNodes(graph);
  if (!ours.sampler && names.sampler) unknown.push(["sampler_name", names.sampler]);
  if (!ours.hasSchedule && names.schedule) unknown.push(["scheduler", names.schedule]);
  if (samplers.length > 1) unknown.push([sampler.type, `${samplers.length} passes`]);
  const batch = latent && inputValue(graph, latent, "batch_size");
  if (typeof batch === "number" && batch > 1) unknown.push(["batch_size", batch]);

  return found(
    "comfyui",
    {
      prompt: textOf(graph, positive, "positive"),
      negativePrompt: textOf(graph, negative, "negative"),
      width: latent && inputValue(graph, latent, "width"),
      height: latent && inputValue(graph, latent, "height"),
      numInferenceSteps: value("steps"),
      guidanceScale: distilledGuidance(graph, positive) ?? value("cfg"),
      seed: value("seed", "noise_seed"),
      sampler: ours.sampler,
      loras: lorasOf(graph),
      // Nothing to keep of an empty latent: no image began it.
      strength: latent ? undefined : value("denoise"),
    },
    unknown,
  );
}

/** PNG has the graph as text; its WebP calls it the camera's model, with a prefix. */
function graphText(texts: Texts): string {
  const cameras = CAMERA_TAGS.map((tag) => texts.get(tag) ?? "");
  const prefixed = cameras.find((text) => PROMPT_PREFIX.test(text));
  return texts.get("prompt") ?? prefixed?.replace(PROMPT_PREFIX, "") ?? "";
}

/** `KSampler`, `SamplerCustomAdvanced` and their like; not `KSamplerSelect`. */
function isSampler({ type, inputs }: GraphNode): boolean {
  return /sampler/i.test(type) && field(inputs, "latent_image") !== undefined;
}

/** The pass that begins with an empty latent decides the picture; later ones refine. */
function firstPass(graph: Graph, samplers: readonly GraphNode[]): GraphNode | null {
  const first = samplers.find((sampler) => sizeNode(graph, sampler) !== null);
  return first ?? samplers[0] ?? null;
}

/** Where custom samplers keep what `KSampler` has itself. */
function partsOf(graph: Graph, sampler: GraphNode): GraphNode[] {
  const inputs = ["noise", "guider", "sampler", "sigmas"];
  const parts = inputs.map((input) => linked(graph, sampler, input));
  return [sampler, ...parts.filter((part) => part !== null)];
}

/** The empty latent that a sampler begins with, without another sampler between. */
function sizeNode(graph: Graph, sampler: GraphNode): GraphNode | null {
  const follow = (node: GraphNode) =>
    node === sampler || !isSampler(node) ? LATENT_INPUTS : [];
  for (const node of upstream(graph, sampler, follow)) {
    if (/empty.*latent/i.test(node.type)) return node;
  }
  return null;
}

/** Flux paints without a second pass: its guidance is an input, and `cfg` is 1. */
function distilledGuidance(graph: Graph, positive: GraphNode | null): unknown {
  for (const node of upstream(graph, positive, () => CONDITIONING_INPUTS)) {
    if (node.type === "FluxGuidance") return inputValue(graph, node, "guidance");
  }
  return undefined;
}

/** The first text that this side's conditioning is made of. */
function textOf(
  graph: Graph,
  start: GraphNode | null,
  side: "positive" | "negative",
): unknown {
  const follow = ({ type }: GraphNode) =>
    type === "ConditioningZeroOut" ? [] : [side, ...CONDITIONING_INPUTS];
  for (const node of upstream(graph, start, follow)) {
    for (const input of TEXT_INPUTS) {
      const text = inputValue(graph, node, input);
      if (typeof text === "string" && text !== "") return text;
    }
  }
  return undefined;
}

function lorasOf(graph: Graph) {
  const loras = [...graph.values()]
    .filter(({ inputs }) => typeof field(inputs, "lora_name") === "string")
    .map((node) => ({
      id: String(field(node.inputs, "lora_name")).replace(/\.safetensors$/, ""),
      scale: inputValue(graph, node, "strength_model"),
    }));
  return loras.length > 0 ? loras : undefined;
}

/** Inputs of loaders and the like that have no counterpart here. */
function unknownNodes(graph: Graph): Unknown {
  const named = Object.entries(UNKNOWN_INPUTS).flatMap(([input, name]) =>
    [...graph.values()].map((node): Unknown[number] => [
      name,
      field(node.inputs, input),
    ]),
  );
  return named.filter(([, value]) => !isNothing(value));
}
