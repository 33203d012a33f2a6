"use client";

/**
 * Asks the gateway for its numbers every five seconds while the status screen is open.
 *
 * What was seen stays for as long as the page lives: whoever comes back to the screen
 * finds the charts with a gap in them.
 */

import { create } from "zustand";
import { type Activity, NO_ACTIVITY, withSample } from "./activity";
import { readSample, type SampleAnswer } from "./read-sample";

const EVERY_MS = 5_000;

/** How the newest attempt to read went. */
export type NewestAttempt = SampleAnswer["kind"] | "connecting";

type ActivityWatch = {
  activity: Activity;
  newest: NewestAttempt;
  /** When that was, in milliseconds since 1970. */
  triedAt: number | null;
  /** By the person, until they want to go on. */
  isPaused: boolean;
  /** By the browser: nobody can see the page. */
  isHidden: boolean;
};

export const useActivityWatch = create<ActivityWatch>(() => ({
  activity: NO_ACTIVITY,
  newest: "connecting",
  triedAt: null,
  isPaused: false,
  isHidden: false,
}));

let latest = new AbortController();
let timer: ReturnType<typeof setTimeout> | undefined;

/** @returns ends it. */
export function watchActivity(): () => void {
  document.addEventListener("visibilitychange", readNow);
  readNow();
  return () => {
    rest();
    document.removeEventListener("visibilitychange", readNow);
  };
}

export function pauseActivity(isPaused: boolean): void {
  useActivityWatch.setState({ isPaused });
  // What stands still needs to have been read once.
  const isFirst = useActivityWatch.getState().triedAt === null;
  if (!(isPaused && isFirst)) readNow();
}

function rest(): void {
  latest.abort();
  clearTimeout(timer);
}

function readNow(): void {
  rest();
  useActivityWatch.setState({ isHidden: document.hidden });
  if (!document.hidden && !useActivityWatch.getState().isPaused) void read();
}

async function read(): Promise<void> {
  const reading = new AbortController();
  latest = reading;
  const answer = await readSample(reading.signal);
  if (reading.signal.aborted) return;
  const triedAt = Date.now();
  useActivityWatch.setState(({ activity }) => ({
    newest: answer.kind,
    triedAt,
    activity:
      "sample" in answer ? withSample(activity, answer.sample, triedAt) : activity,
  }));
  timer = setTimeout(readNow, EVERY_MS);
}
