import { describe, expect, test } from "vitest";
import {
  type Activity,
  chartPoints,
  NO_ACTIVITY,
  summaryOf,
  timesKnown,
  WINDOW_MS,
  withCounts,
} from "@/features/status/activity";
import type { GatewayCounts, Totals } from "@/features/status/gateway-counts";

const S = 1000;

/** `times` are of the answers so far: up to 1 s, up to 2 s, up to 5 s, longer. */
function counts(
  totals: Partial<Omit<Totals, "durations">> & { times?: number[] },
  now: Partial<GatewayCounts> = {},
): GatewayCounts {
  const { times = [0, 0, 0, 0], ...others } = totals;
  const bounds = [1, 2, 5, Number.POSITIVE_INFINITY];
  return {
    startedAtS: 100,
    inFlight: 0,
    waiting: 0,
    ...now,
    totals: {
      images: 0,
      answered: 0,
      failed: 0,
      refused: 0,
      durations: { bounds, counts: times },
      ...others,
    },
  };
}

function seen(...samples: [atMs: number, GatewayCounts][]): Activity {
  return samples.reduce(
    (activity, [at, sample]) => withCounts(activity, sample, at),
    NO_ACTIVITY,
  );
}

function newestPoint(activity: Activity) {
  return chartPoints(activity).at(-1);
}

describe("rates", () => {
  test("count what grew within the minute before", () => {
    const activity = seen(
      [0, counts({ images: 1000 })],
      [5 * S, counts({ images: 1001 })],
      [10 * S, counts({ images: 1003 })],
    );
    expect(newestPoint(activity)?.imagesPerMinute).toBe(3);
  });

  test("are spread over the time that nobody looked", () => {
    const activity = seen([0, counts({})], [300 * S, counts({ images: 10 })]);
    expect(newestPoint(activity)?.imagesPerMinute).toBe(2);
  });

  test("what is older than a minute counts no more", () => {
    const activity = seen(
      [0, counts({})],
      [5 * S, counts({ images: 50 })],
      [80 * S, counts({ images: 50 })],
    );
    expect(newestPoint(activity)?.imagesPerMinute).toBe(0);
  });

  test("one sample alone has none", () => {
    expect(newestPoint(seen([0, counts({ images: 9 })]))?.imagesPerMinute).toBeNull();
  });
});

describe("times", () => {
  test("are of what was answered between samples", () => {
    const activity = seen(
      [0, counts({ times: [500, 0, 0, 0] })],
      [5 * S, counts({ times: [500, 0, 4, 0] })],
    );
    expect(newestPoint(activity)?.medianS).toBe(3.5);
    expect(timesKnown(activity)).toEqual({
      medianS: 3.5,
      p95S: 4.85,
      isSinceStart: false,
    });
  });

  test("leave out what was refused at once", () => {
    const activity = seen(
      [0, counts({})],
      [5 * S, counts({ times: [8, 0, 4, 0], refused: 8 })],
    );
    expect(newestPoint(activity)?.medianS).toBe(3.5);
  });

  test("are all since the gateway's start while the page has seen no picture", () => {
    const activity = seen([0, counts({ times: [0, 4, 0, 0] })]);
    expect(timesKnown(activity)).toMatchObject({ medianS: 1.5, isSinceStart: true });
  });

  test("are not known where nothing was painted", () => {
    expect(timesKnown(seen([0, counts({})]))).toBeNull();
    expect(timesKnown(NO_ACTIVITY)).toBeNull();
  });
});

describe("failures", () => {
  test("are a share of what ended", () => {
    const activity = seen(
      [0, counts({ answered: 100, failed: 50 })],
      [5 * S, counts({ answered: 103, failed: 51 })],
    );
    expect(summaryOf(activity)).toMatchObject({ failed: 1, failedShare: 0.25 });
  });

  test("have no share where nothing ended", () => {
    expect(newestPoint(seen([0, counts({})], [5, counts({})]))?.failedShare).toBeNull();
  });
});

describe("counters that begin anew", () => {
  test("where workers count together, a fall is a restart", () => {
    const activity = seen(
      [0, counts({ images: 90, times: [90, 0, 0, 0] }, { startedAtS: null })],
      [5 * S, counts({ images: 3, times: [0, 3, 0, 0] }, { startedAtS: null })],
    );
    expect(summaryOf(activity).images).toBe(3);
    expect(timesKnown(activity)?.medianS).toBe(1.5);
  });

  test("another process than before may have counted for days: only its growth is news", () => {
    const activity = seen(
      [0, counts({ images: 10 }, { startedAtS: 100 })],
      [5 * S, counts({ images: 5000 }, { startedAtS: 200 })],
      [10 * S, counts({ images: 5002 }, { startedAtS: 200 })],
    );
    expect(summaryOf(activity).images).toBe(2);
  });

  test("processes that answer in turn are told apart and added up", () => {
    const activity = seen(
      [0, counts({ images: 100 }, { startedAtS: 1 })],
      [5 * S, counts({ images: 10 }, { startedAtS: 2 })],
      [10 * S, counts({ images: 104 }, { startedAtS: 1 })],
      [15 * S, counts({ images: 11 }, { startedAtS: 2 })],
    );
    expect(summaryOf(activity).images).toBe(5);
  });
});

test("a pause is a gap, not an hour of the same", () => {
  const hour = 3600 * S;
  const activity = seen(
    [0, counts({})],
    [5 * S, counts({})],
    [5 * S + 25 * S, counts({})],
  );
  expect(chartPoints(activity).map((point) => point.isAfterGap)).toEqual([
    false,
    false,
    true,
  ]);
  expect(withCounts(activity, counts({}), hour).readings).toHaveLength(1);
});

test("ten minutes are kept, and no more", () => {
  let activity = NO_ACTIVITY;
  for (let at = 0; at <= 2 * WINDOW_MS; at += 5 * S) {
    activity = withCounts(activity, counts({ images: at / S }), at);
  }
  const [first] = activity.readings;
  expect(first?.at).toBeGreaterThanOrEqual(WINDOW_MS);
  expect(summaryOf(activity).images).toBe(WINDOW_MS / S);
});

test("what waits and what runs is told as it is", () => {
  const activity = seen([0, counts({}, { inFlight: 10, waiting: 6 })]);
  expect(newestPoint(activity)).toMatchObject({ inFlight: 10, waiting: 6 });
});
