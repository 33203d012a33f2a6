"use client";

/**
 * Asks how the tiers are, for all routes of the page together.
 *
 * It begins with the first that wants to know, rests while the page is hidden and goes
 * on for as long as the page lives: another route finds it as the last one left it.
 */

import { create } from "zustand";
import { CallFailed, fetchHealth, fetchModels } from "@/lib/api/client";
import { failureWithoutAnswer } from "@/lib/api/failure";
import { NOTHING_SEEN, type Seen } from "./seen";
import {
  recheckAfterS,
  type Service,
  serviceFromFailure,
  serviceFromHealth,
} from "./service";
import { EMPTY_LOG, withService } from "./service-log";

export const useServiceWatch = create<Seen>(() => NOTHING_SEEN);

// The gateway itself gives its server two seconds to answer.
const PATIENCE_MS = 6_000;

const ASK_MODELS_AGAIN_MS = 2_000;

// How often to look again after a failed call before all counts as well.
const DOUBTS = 3;

let isWatching = false;
let latest = new AbortController();
let timer: ReturnType<typeof setTimeout> | undefined;
let askingModels = new AbortController();
let doubts = 0;
let closeWatchers = 0;

/**
 * Once a page; again it does nothing.
 *
 * @param atFirst what came with the page: from now on it is what this page has seen.
 */
export function watchService(atFirst: Seen): void {
  if (isWatching) return;
  isWatching = true;
  const log = withService(EMPTY_LOG, atFirst.service, Date.now());
  useServiceWatch.setState({ ...atFirst, ...log });
  checkNow();
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) checkNow();
  });
  window.addEventListener("online", checkNow);
  window.addEventListener("offline", checkNow);
}

/** A call has just failed: look now, and for a while more often. */
export function doubtService(): void {
  doubts = DOUBTS;
  checkNow();
}

/** While somebody reads the status, it is never older than a few seconds. */
export function watchClosely(): () => void {
  closeWatchers += 1;
  checkNow();
  return () => {
    closeWatchers -= 1;
  };
}

function checkNow(): void {
  void check();
}

async function check(): Promise<void> {
  latest.abort();
  clearTimeout(timer);
  const asking = new AbortController();
  latest = asking;
  const found = await askOnce(asking.signal);
  if (asking.signal.aborted) return;
  note(found);
  if (document.hidden) return;
  const pace = closeWatchers > 0 ? "close" : doubts > 0 ? "doubtful" : "calm";
  timer = setTimeout(checkNow, 1000 * recheckAfterS(found, pace));
  doubts = Math.max(0, doubts - 1);
}

async function askOnce(signal: AbortSignal): Promise<Service> {
  try {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    return serviceFromHealth(await fetchHealth(patience));
  } catch (error) {
    if (error instanceof CallFailed) return serviceFromFailure(error.failure);
    return serviceFromFailure(failureWithoutAnswer(navigator.onLine));
  }
}

/** A server that has become ready may have come back with other models. */
function note(found: Service): void {
  const before = useServiceWatch.getState();
  useServiceWatch.setState(withService(before, found, Date.now()));
  if (found.status === before.service.status) return;
  askingModels.abort();
  if (found.status !== "ready") return;
  askingModels = new AbortController();
  void askModels(askingModels.signal);
}

async function askModels(signal: AbortSignal): Promise<void> {
  try {
    const models = await fetchModels(signal);
    if (!signal.aborted) useServiceWatch.setState({ models, needsKey: false });
  } catch (error) {
    if (signal.aborted) return;
    const needsKey = error instanceof CallFailed && error.failure.kind === "key_needed";
    useServiceWatch.setState({ needsKey });
    const again = setTimeout(() => void askModels(signal), ASK_MODELS_AGAIN_MS);
    signal.addEventListener("abort", () => clearTimeout(again), { once: true });
  }
}
