"use client";

import { useId } from "react";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import styles from "./area-chart.module.css";
import {
  areaPath,
  type Frame,
  linePath,
  type Moment,
  niceMax,
  pieces,
} from "./chart-shape";
import { clockWords } from "./numbers";

export type Series = { name: string; values: readonly (number | null)[] };

type Props = {
  title: string;
  moments: readonly Moment[];
  /** The first is a filled area with a firm edge, the second a dashed line. */
  series: readonly Series[];
  /** The top edge is never below it. */
  leastMax: number;
  /** How a value is written. */
  words: (value: number) => string;
};

// A chart that has just begun is stretched no further than this.
const LEAST_SPAN_MS = 2 * 60_000;

/** Values over time; whoever does not see it gets its extremes and its newest value. */
export function AreaChart({ title, moments, series, leastMax, words }: Props) {
  const { status: texts, language } = useWords();
  const descriptionId = useId();
  const to = moments.at(-1)?.at ?? 0;
  const from = Math.min(moments[0]?.at ?? 0, to - LEAST_SPAN_MS);
  const known = series.flatMap(({ values }) => values.filter((one) => one !== null));
  const frame: Frame = { from, to, max: niceMax(Math.max(leastMax, ...known)) };
  return (
    <div className={styles.chart}>
      <div className={styles.plot}>
        <svg
          viewBox="0 0 100 100"
          preserveAspectRatio="none"
          role="img"
          aria-label={title}
          aria-describedby={descriptionId}
        >
          <path className={styles.grid} d="M0 0H100M0 50H100M0 100H100" />
          {series.map(({ name, values }, index) => (
            <g key={name} data-look={index === 0 ? "area" : "line"}>
              {pieces(moments, values, frame).map((piece) => (
                <g key={linePath(piece)}>
                  {index === 0 && <path className={styles.area} d={areaPath(piece)} />}
                  <path className={styles.line} d={linePath(piece)} />
                </g>
              ))}
            </g>
          ))}
        </svg>
        <span className={styles.max}>{words(frame.max)}</span>
      </div>
      <div className={styles.axis} aria-hidden="true">
        <span>{clockWords(from, language)}</span>
        <span>{clockWords(to, language)}</span>
      </div>
      {series.length > 1 && <Legend series={series} />}
      <p id={descriptionId} className="visually-hidden">
        {series.map((one) => description(one, texts.activity, words)).join(" ")}
      </p>
    </div>
  );
}

function Legend({ series }: { series: readonly Series[] }) {
  return (
    <ul className={styles.legend} aria-hidden="true">
      {series.map(({ name }, index) => (
        <li key={name}>
          <svg viewBox="0 0 20 8" width="20" height="8" role="presentation">
            <g data-look={index === 0 ? "area" : "line"}>
              <path className={styles.line} d="M1 4H19" />
            </g>
          </svg>
          {name}
        </li>
      ))}
    </ul>
  );
}

type ActivityTexts = ReturnType<typeof useWords>["status"]["activity"];

function description(
  { name, values }: Series,
  texts: ActivityTexts,
  words: (value: number) => string,
): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return `${name}: ${texts.noValues}`;
  const lowest = words(Math.min(...known));
  const highest = words(Math.max(...known));
  const newest = values.at(-1) ?? null;
  return newest === null
    ? fill(texts.seriesWithoutNewest, { name, lowest, highest })
    : fill(texts.series, { name, lowest, highest, newest: words(newest) });
}
