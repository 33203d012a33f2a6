/** A graph of ComfyUI as it was run: nodes by id, inputs that are values or links. */

import { asObject, field, type JsonObject } from "../json";

export type GraphNode = { id: string; type: string; inputs: JsonObject };

export type Graph = ReadonlyMap<string, GraphNode>;

const MAX_NODES = 2_000;
const MAX_VISITED = 200;

/** Where nodes that hold one value keep it. */
const VALUE_INPUTS = ["value", "seed", "noise_seed", "int", "float", "number", "text"];

/** Null for JSON that is no graph. */
export function readGraph(document: JsonObject): Graph | null {
  const nodes = new Map<string, GraphNode>();
  for (const [id, value] of Object.entries(document).slice(0, MAX_NODES)) {
    const node = asObject(value);
    const type = node && field(node, "class_type");
    const inputs = node && asObject(field(node, "inputs"));
    if (typeof type === "string" && inputs) nodes.set(id, { id, type, inputs });
  }
  return nodes.size > 0 ? nodes : null;
}

/** The node that an input takes its value from. */
export function linked(
  graph: Graph,
  node: GraphNode | undefined,
  input: string,
): GraphNode | null {
  const link = node && field(node.inputs, input);
  const isLink = Array.isArray(link) && link.length === 2;
  return (isLink && graph.get(String(link[0]))) || null;
}

/** An input's value, followed through nodes that hold just one. */
export function inputValue(graph: Graph, node: GraphNode, input: string): unknown {
  let [at, name]: [GraphNode, string] = [node, input];
  for (let hops = 0; hops < 16; hops++) {
    const source = linked(graph, at, name);
    if (!source) {
      const value = field(at.inputs, name);
      return Array.isArray(value) ? undefined : value;
    }
    const next = VALUE_INPUTS.find((one) => field(source.inputs, one) !== undefined);
    if (next === undefined) return undefined;
    [at, name] = [source, next];
  }
  return undefined;
}

/** All nodes that `start` depends on, nearest first, as far as `follow` goes. */
export function* upstream(
  graph: Graph,
  start: GraphNode | null,
  follow: (node: GraphNode) => readonly string[],
): Generator<GraphNode> {
  const queue = start ? [start] : [];
  const seen = new Set(queue);
  for (let node = queue.shift(); node; node = queue.shift()) {
    yield node;
    for (const input of follow(node)) {
      const source = linked(graph, node, input);
      if (!source || seen.has(source) || seen.size >= MAX_VISITED) continue;
      seen.add(source);
      queue.push(source);
    }
  }
}
