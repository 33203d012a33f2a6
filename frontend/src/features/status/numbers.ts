/** Durations, times and shares as each language writes them. Pure. */

// Above it, minutes say enough.
const LONGEST_IN_SECONDS = 90;

/** `3.4 s`, `12 s`, `2 min`: symbols that are the same in all languages. */
export function durationWords(seconds: number, language: string): string {
  return seconds < LONGEST_IN_SECONDS
    ? `${numberWords(seconds, language)}\u00a0s`
    : `${numberWords(seconds / 60, language)}\u00a0min`;
}

/** With the digits that matter: none behind the point from ten on. */
export function numberWords(value: number, language: string): string {
  return value.toLocaleString(language, { maximumFractionDigits: digits(value) });
}

/** @param share from 0 to 1. */
export function percentWords(share: number, language: string): string {
  return share.toLocaleString(language, {
    style: "percent",
    maximumFractionDigits: share > 0 && share < 0.1 ? 1 : 0,
  });
}

/** The time of day, to the second. */
export function clockWords(at: number, language: string): string {
  return new Date(at).toLocaleTimeString(language, { timeStyle: "medium" });
}

/** The time of day, with the day where it is not today's. */
export function momentWords(at: number, now: number, language: string): string {
  const moment = new Date(at);
  const isToday = moment.toDateString() === new Date(now).toDateString();
  return moment.toLocaleString(language, {
    timeStyle: "short",
    ...(!isToday && { dateStyle: "medium" }),
  });
}

function digits(value: number): number {
  if (value === 0 || value >= 10) return 0;
  return value < 0.1 ? 2 : 1;
}
