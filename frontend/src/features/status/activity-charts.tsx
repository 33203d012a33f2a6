"use client";

import type { ReactNode } from "react";
import type { RecentGenerations } from "@/lib/api/generated";
import { counted, fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import { type Activity, type ChartPoint, chartPoints, failuresOf } from "./activity";
import styles from "./activity-charts.module.css";
import { AreaChart } from "./area-chart";
import { durationWords, numberWords, percentWords } from "./numbers";

type Props = { activity: Activity };

type PartProps = {
  points: ChartPoint[];
  /** As the servers told last; null where none did. */
  recent: RecentGenerations | null;
};

/** Four numbers that say how busy, fast and reliable the service is, and was. */
export function ActivityCharts({ activity }: Props) {
  const points = chartPoints(activity);
  const recent = activity.readings.at(-1)?.recent ?? null;
  return (
    <div className={styles.charts}>
      <QueueChart points={points} />
      <PicturesChart points={points} recent={recent} />
      <TimeChart points={points} recent={recent} />
      <FailuresChart points={points} recent={recent} activity={activity} />
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
        running: inWords(newest?.running ?? 0),
        waiting: inWords(newest?.waiting ?? 0),
      })}
      note={note}
    >
      <AreaChart
        title={title}
        moments={points}
        series={[
          { name: running, values: points.map((point) => point.running) },
          { name: waiting, values: points.map((point) => point.waiting) },
        ]}
        leastMax={5}
        words={inWords}
      />
    </ChartCard>
  );
}

function PicturesChart({ points, recent }: PartProps) {
  const { status: words, language } = useWords();
  const { title, series, none, note, pictures } = words.charts.pictures;
  const inWords = (number: number) => numberWords(number, language);
  const newest = points.at(-1)?.imagesPerMinute ?? null;
  return (
    <ChartCard
      title={title}
      value={newest === null ? none : inWords(newest)}
      note={
        recent
          ? fill(note, {
              pictures: counted(pictures, recent.images, language),
              time: durationWords(recent.window_s, language),
            })
          : words.charts.notTold
      }
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

function TimeChart({ points, recent }: PartProps) {
  const { status: words, language } = useWords();
  const texts = words.charts.time;
  const inWords = (seconds: number) => durationWords(seconds, language);
  const times = recent?.generation_seconds ?? null;
  return (
    <ChartCard
      title={texts.title}
      value={times ? inWords(times.p50) : texts.none}
      note={note()}
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

  function note(): string {
    if (!recent) return words.charts.notTold;
    const time = durationWords(recent.window_s, language);
    if (!times) return fill(texts.noteNone, { time });
    return fill(texts.note, {
      time,
      median: inWords(times.p50),
      p95: inWords(times.p95),
    });
  }
}

function FailuresChart({ points, recent, activity }: PartProps & Props) {
  const { status: words, language } = useWords();
  const texts = words.charts.failures;
  const inWords = (share: number) => percentWords(share, language);
  const { failed, turnedAway, share } = failuresOf(activity);
  return (
    <ChartCard
      title={texts.title}
      value={share === null ? texts.none : inWords(share)}
      note={`${serversNote()} ${gatewayNote()}`}
    >
      <AreaChart
        title={texts.title}
        moments={points}
        series={[
          { name: texts.failed, values: points.map(({ failedShare }) => failedShare) },
          {
            name: texts.turnedAway,
            values: points.map(({ turnedAwayShare }) => turnedAwayShare),
          },
        ]}
        leastMax={0.1}
        words={inWords}
      />
    </ChartCard>
  );

  function serversNote(): string {
    if (!recent || failed === null) return words.charts.notTold;
    return fill(texts.noteServers, {
      generations: counted(texts.generations, failed, language),
      time: durationWords(recent.window_s, language),
    });
  }

  function gatewayNote(): string {
    if (turnedAway === null) return texts.noteGatewayNotTold;
    const generations = counted(texts.generations, turnedAway, language);
    return fill(texts.noteGateway, { generations });
  }
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
