/** Pictures under headings: recent days one by one, then whole months. Pure. */

import type { Picture } from "@/lib/pictures/picture";

/** Since when a section's pictures are, and how its heading is to say so. */
export type SectionStart =
  | { span: "all" }
  | { span: "day"; at: number; daysAgo: number }
  | { span: "month"; at: number };

export type Section = {
  key: string;
  start: SectionStart;
  pictures: readonly Picture[];
};

// Days further back would be many headings with few pictures each.
const DAYS_APART = 7;

/** @param pictures newest first. @param now milliseconds since the epoch. */
export function sectionsByDate(pictures: readonly Picture[], now: number): Section[] {
  const sections: { key: string; start: SectionStart; pictures: Picture[] }[] = [];
  for (const picture of pictures) {
    const start = startOf(picture.createdAt, now);
    const key = "at" in start ? `${start.span}-${start.at}` : start.span;
    const last = sections.at(-1);
    if (last?.key === key) last.pictures.push(picture);
    else sections.push({ key, start, pictures: [picture] });
  }
  return sections;
}

/** All in one, in the order given. */
export function oneSection(pictures: readonly Picture[]): Section[] {
  return pictures.length > 0 ? [{ key: "all", start: { span: "all" }, pictures }] : [];
}

export function sectionTitle(start: SectionStart, now: number, language: string) {
  switch (start.span) {
    case "all":
      return null;
    case "day":
      return start.daysAgo < 2
        ? capitalised(
            new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(
              -start.daysAgo,
              "day",
            ),
            language,
          )
        : new Intl.DateTimeFormat(language, {
            weekday: "long",
            day: "numeric",
            month: "long",
          }).format(start.at);
    case "month":
      return new Intl.DateTimeFormat(language, {
        month: "long",
        ...(!isSameYear(start.at, now) && { year: "numeric" }),
      }).format(start.at);
  }
}

function startOf(time: number, now: number): SectionStart {
  const day = startOfDay(time);
  const daysAgo = daysBetween(day, startOfDay(now));
  // A clock that was ahead: the picture is as new as can be.
  if (daysAgo < 0) return { span: "day", at: startOfDay(now), daysAgo: 0 };
  if (daysAgo < DAYS_APART) return { span: "day", at: day, daysAgo };
  const month = new Date(day);
  month.setDate(1);
  return { span: "month", at: month.getTime() };
}

function startOfDay(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}

/** Rounded, because a day of changing clocks has 23 or 25 hours. */
function daysBetween(day: number, later: number): number {
  return Math.round((later - day) / (24 * 60 * 60 * 1000));
}

function isSameYear(a: number, b: number): boolean {
  return new Date(a).getFullYear() === new Date(b).getFullYear();
}

function capitalised(text: string, language: string): string {
  const [first = "", ...rest] = text;
  return first.toLocaleUpperCase(language) + rest.join("");
}
