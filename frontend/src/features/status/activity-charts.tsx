"use client";

import type { ReactNode } from "react";
import { counted, fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import {
  type Activity,
  type ChartPoint,
  chartPoints,
  summaryOf,
  timesKnown,
} from "./activity";
import styles from "./activity-charts.module.css";
import { AreaChart } from "./area-chart";
import { durationWords, numberWords, percentWords } from "./numbers";

/** Four numbers that say how busy, fast and reliable the service is, and was. */
export function ActivityCharts({ activity }: { activity: Activity }) {
  const points = chartPoints(activity);
  return (
    <div className={styles.charts}>
      <QueueChart points={points} />
      <PicturesChart points={points} images={summaryOf(activity).images} />
      <TimeChart points={points} activity={activity} />
      <FailuresChart points={points} activity={activity} />
    </div>
  );
}

function QueueChart({ points }: { points: ChartPoint[] }) {
  const { status: words, language } = useWords();
  const { title, running, waiting, value, note } = words.charts.queue;
  const newest = points.at(-1);
  const inWords = (number: number) => numberWords(number, language);
  return (
    <ChartCard
      title={title}
      value={fill(value, {
        running: inWords(newest?.inFlight ?? 0),
        waiting: inWords(newest?.waiting ?? 0),
      })}
      note={note}
    >
      <AreaChart
        title={title}
        moments={points}
        series={[
          { name: running, values: points.map((point) => point.inFlight) },
          { name: waiting, values: points.map((point) => point.waiting) },
        ]}
        leastMax={5}
        words={inWords}
      />
    </ChartCard>
  );
}

function PicturesChart({ points, images }: { points: ChartPoint[]; images: number }) {
  const { status: words, language } = useWords();
  const { title, series, note } = words.charts.pictures;
  const inWords = (number: number) => numberWords(number, language);
  const newest = points.at(-1)?.imagesPerMinute ?? null;
  return (
    <ChartCard
      title={title}
      value={inWords(newest ?? 0)}
      note={counted(note, images, language)}
    >
      <AreaChart
        title={title}
        moments={points}
        series={[
          { name: series, values: points.map((point) => point.imagesPerMinute) },
        ]}
        leastMax={5}
        words={inWords}
      />
    </ChartCard>
  );
}

function TimeChart({ points, activity }: { points: ChartPoint[]; activity: Activity }) {
  const { status: words, language } = useWords();
  const texts = words.charts.time;
  const inWords = (seconds: number) => durationWords(seconds, language);
  const known = timesKnown(activity);
  const note = known?.isSinceStart ? texts.noteSinceStart : texts.note;
  return (
    <ChartCard
      title={texts.title}
      value={known ? inWords(known.medianS) : texts.none}
      note={
        known
          ? fill(note, { median: inWords(known.medianS), p95: inWords(known.p95S) })
          : texts.noteNone
      }
    >
      <AreaChart
        title={texts.title}
        moments={points}
        series={[
          { name: texts.median, values: points.map(({ medianS }) => medianS) },
          { name: texts.p95, values: points.map(({ p95S }) => p95S) },
        ]}
        leastMax={1}
        words={inWords}
      />
    </ChartCard>
  );
}

function FailuresChart({
  points,
  activity,
}: {
  points: ChartPoint[];
  activity: Activity;
}) {
  const { status: words, language } = useWords();
  const { title, series, none, note } = words.charts.failures;
  const inWords = (share: number) => percentWords(share, language);
  const { failed, failedShare } = summaryOf(activity);
  return (
    <ChartCard
      title={title}
      value={failedShare === null ? none : inWords(failedShare)}
      note={counted(note, failed, language)}
    >
      <AreaChart
        title={title}
        moments={points}
        series={[{ name: series, values: points.map((point) => point.failedShare) }]}
        leastMax={0.1}
        words={inWords}
      />
    </ChartCard>
  );
}

type CardProps = { title: string; value: string; note: string; children: ReactNode };

function ChartCard({ title, value, note, children }: CardProps) {
  return (
    <section className={styles.card} aria-label={title}>
      <h3>{title}</h3>
      <p className={styles.value}>{value}</p>
      {children}
      <p className={styles.note}>{note}</p>
    </section>
  );
}
