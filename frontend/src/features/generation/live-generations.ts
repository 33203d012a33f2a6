/**
 * The generations of this tab that have not ended, and those that just have.
 *
 * Each is asked for under a key of ours and goes on without us: after a reload, a night
 * in a pocket or a lost network the same ones are found again.
 */

import { create } from "zustand";
import { CallFailed, cancelGeneration, submitGeneration } from "@/lib/api/client";
import type { Failure } from "@/lib/api/failure";
import type { CompletedGeneration, GenerationRequest } from "@/lib/api/generated";
import { randomId } from "@/lib/random-id";
import { claimLive, forgetLive, rememberLive } from "@/lib/storage/live-records";
import type { Follower } from "./follower";
import { type GenerationAction, reduceGeneration } from "./generation-reducer";
import { type GenerationView, idOf, isGenerating, type Plan } from "./generation-view";

export type LiveGeneration = {
  key: string;
  request: GenerationRequest;
  /** Milliseconds since the epoch. */
  submittedAt: number;
  view: GenerationView;
};

type State = {
  /** Oldest first. */
  generations: readonly LiveGeneration[];
  isConnected: boolean;
  /** Since the page was opened. */
  lastEnded: LiveGeneration | null;
};

export const useLiveGenerations = create<State>()(() => ({
  generations: [],
  isConnected: true,
  lastEnded: null,
}));

type OnCompleted = (generation: CompletedGeneration) => void;

// Ended ones are kept for whoever looks at them; their pictures are in the library.
const ENDED_KEPT = 8;

const LOAD_AGAIN_MS = 2_000;

// Loaded with the first generation, while the gateway takes it.
let follower: Promise<Follower> | null = null;
const onCompleted = new Set<OnCompleted>();

/** @returns how to stop listening. */
export function whenCompleted(listener: OnCompleted): () => void {
  onCompleted.add(listener);
  return () => onCompleted.delete(listener);
}

export function startGeneration(
  request: GenerationRequest,
  plan: Plan,
): { key: string; accepted: Promise<Failure | null> } {
  const key = randomId();
  add({ key, request, submittedAt: Date.now(), view: { status: "submitting", plan } });
  return { key, accepted: submit(key, request) };
}

/** Finds again what was going on before a reload. Once a page. */
export async function resumeGenerations(): Promise<void> {
  for (const { key, request, id, submittedAt } of await claimLive()) {
    if (find(key)) continue;
    const view = { status: "submitting" as const, plan: planOf(request) };
    add({ key, request, submittedAt, view });
    // Without an id nobody knows whether a server has it: the key finds out.
    if (id === null) void submit(key, request);
    else void followed(key, id);
  }
}

export async function stopGeneration(key: string): Promise<void> {
  const live = find(key);
  if (!live || !isGenerating(live.view) || live.view.status === "cancelling") return;
  const id = idOf(live.view);
  if (id === null) {
    // Whoever takes it now is told as soon as it has a name.
    change(key, { type: "cancelled" });
    return;
  }
  change(key, { type: "cancel_requested" });
  await cancel(key, id);
}

async function cancel(key: string, id: string): Promise<void> {
  try {
    await cancelGeneration(id);
    change(key, { type: "cancelled" });
  } catch (error) {
    // It is said again when there is a connection again.
    ignoreFailedCall(error);
  }
}

export function dismissGeneration(key: string): void {
  useLiveGenerations.setState(({ generations }) => ({
    generations: generations.filter((one) => one.key !== key),
  }));
}

async function submit(
  key: string,
  request: GenerationRequest,
): Promise<Failure | null> {
  void loadedFollower();
  await remember(key, null);
  try {
    const generation = await submitGeneration(request, key);
    const live = find(key);
    if (!live || !isGenerating(live.view)) {
      await cancelGeneration(generation.id).catch(ignoreFailedCall);
      return null;
    }
    change(key, { type: "heard", event: { event: "snapshot", data: generation } });
    void followed(key, generation.id);
    await remember(key, generation.id);
    return null;
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    change(key, { type: "failed", failure: error.failure });
    return error.failure;
  }
}

async function followed(key: string, id: string): Promise<void> {
  keysById.set(id, key);
  const following = await loadedFollower();
  const live = find(key);
  if (live && isGenerating(live.view)) following.add(id);
}

function loadedFollower(): Promise<Follower> {
  follower ??= loadFollower();
  return follower;
}

/** However long it takes: a generation that runs is worth waiting for a network. */
async function loadFollower(): Promise<Follower> {
  for (;;) {
    try {
      const { Follower } = await import("./follower");
      return new Follower({
        event: (from, event) => changeById(from, { type: "heard", event }),
        gone: (from, failure) => changeById(from, { type: "failed", failure }),
        connection: connectionChanged,
      });
    } catch {
      await new Promise((resolve) => setTimeout(resolve, LOAD_AGAIN_MS));
    }
  }
}

function connectionChanged(isConnected: boolean): void {
  const state = useLiveGenerations.getState();
  if (state.isConnected === isConnected) return;
  useLiveGenerations.setState({ isConnected });
  if (!isConnected) return;
  for (const { key, view } of state.generations) {
    if (view.status === "cancelling" && view.id) void cancel(key, view.id);
  }
}

const keysById = new Map<string, string>();

function changeById(id: string, action: GenerationAction): void {
  const key = keysById.get(id);
  if (key) change(key, action);
}

function change(key: string, action: GenerationAction): void {
  const before = find(key);
  if (!before) return;
  const view = reduceGeneration(before.view, action);
  if (view === before.view) return;
  const after = { ...before, view };
  useLiveGenerations.setState(({ generations }) => ({
    generations: withoutOldest(
      generations.map((one) => (one.key === key ? after : one)),
    ),
  }));
  if (isGenerating(view)) return;
  useLiveGenerations.setState({ lastEnded: after });
  void forgetLive(key);
  for (const [id, itsKey] of keysById) {
    if (itsKey !== key) continue;
    void follower?.then((following) => following.remove(id));
    keysById.delete(id);
  }
  if (view.status === "completed") {
    for (const listener of onCompleted) listener(view.generation);
  }
}

function withoutOldest(generations: readonly LiveGeneration[]): LiveGeneration[] {
  const ended = generations.filter(({ view }) => !isGenerating(view));
  const old = new Set(ended.slice(0, Math.max(0, ended.length - ENDED_KEPT)));
  return generations.filter((one) => !old.has(one));
}

function add(live: LiveGeneration): void {
  useLiveGenerations.setState(({ generations }) => ({
    generations: [...generations, live],
  }));
}

function find(key: string): LiveGeneration | undefined {
  return useLiveGenerations.getState().generations.find((one) => one.key === key);
}

async function remember(key: string, id: string | null): Promise<void> {
  const live = find(key);
  if (!live || !isGenerating(live.view)) return;
  const { request, submittedAt } = live;
  await rememberLive({ key, request, submittedAt, id });
}

/** Every request of the studio names its size; the server's own default is a square. */
function planOf({
  prompt,
  width,
  height,
  num_images: numImages = 1,
}: GenerationRequest): Plan {
  return { prompt, width: width ?? 1, height: height ?? 1, numImages };
}

function ignoreFailedCall(error: unknown): void {
  if (!(error instanceof CallFailed)) throw error;
}
