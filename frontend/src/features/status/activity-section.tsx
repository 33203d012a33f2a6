"use client";

import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import type { Activity } from "./activity";
import { ActivityCharts } from "./activity-charts";
import type { NewestAttempt } from "./activity-watch";
import { clockWords } from "./numbers";
import styles from "./status-section.module.css";

type Props = {
  activity: Activity;
  newest: NewestAttempt;
};

/** The charts, and in words from when they are or why there are none. */
export function ActivitySection({ activity, newest }: Props) {
  const { status: words, language } = useWords();
  const { readings } = activity;
  const first = readings.at(0);
  const last = readings.at(-1);
  return (
    <section className={styles.section} aria-labelledby="status-activity">
      <header>
        <h2 id="status-activity">{words.activity.heading}</h2>
        <p>{note()}</p>
      </header>
      {last && <ActivityCharts activity={activity} />}
    </section>
  );

  function note(): string {
    const reason = newest === "told" ? null : words.activity[newest];
    if (!first || !last) return reason ?? "";
    if (newest === "unreachable") {
      const time = clockWords(last.at, language);
      return fill(words.activity.stale, { reason: words.activity.unreachable, time });
    }
    const since = fill(words.activity.note, { time: clockWords(first.at, language) });
    const hasGaps = readings.some((one) => one.isAfterGap);
    return [since, hasGaps ? words.activity.noteGaps : null, reason]
      .filter(Boolean)
      .join(" ");
  }
}
