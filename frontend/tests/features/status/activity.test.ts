import { describe, expect, test } from "vitest";
import {
  type Activity,
  chartPoints,
  failuresOf,
  NO_ACTIVITY,
  WINDOW_MS,
  withSample,
} from "@/features/status/activity";
import type { Sample } from "@/features/status/read-sample";
import type { GatewayHealth } from "@/lib/api/generated";
import { health, recent, replica } from "../health";

const S = 1000;

function sample(
  different: Partial<GatewayHealth> = {},
  turnedAway: number | null = 0,
  startedAtS: number | null = 100,
): Sample {
  return {
    health: health({ recent: recent(), ...different }),
    counts: turnedAway === null ? null : { startedAtS, turnedAway },
  };
}

function seen(...samples: [atMs: number, Sample][]): Activity {
  return samples.reduce(
    (activity, [at, one]) => withSample(activity, one, at),
    NO_ACTIVITY,
  );
}

function newestPoint(activity: Activity) {
  return chartPoints(activity).at(-1);
}

test("pictures a minute and times are what the servers tell", () => {
  const told = recent({
    generation_seconds: { p50: 3.5, p95: 8 },
    last_minute: { completed: 4, failed: 0, images: 7 },
  });
  expect(newestPoint(seen([0, sample({ recent: told })]))).toMatchObject({
    imagesPerMinute: 7,
    medianS: 3.5,
    p95S: 8,
  });
});

test.each([null, undefined])(
  "servers that tell nothing have no numbers: %s",
  (none) => {
    expect(newestPoint(seen([0, sample({ recent: none })]))).toMatchObject({
      imagesPerMinute: null,
      medianS: null,
      p95S: null,
      failedShare: null,
      turnedAwayShare: null,
    });
  },
);

test("servers that have painted nothing yet have a rate and no times", () => {
  expect(newestPoint(seen([0, sample()]))).toMatchObject({
    imagesPerMinute: 0,
    medianS: null,
  });
});

describe("failures", () => {
  const told = recent({
    completed: 10,
    failed: 2,
    last_minute: { completed: 5, failed: 1, images: 5 },
  });

  test("on servers and at the gateway are told apart, as shares of what ended", () => {
    const activity = seen(
      [0, sample({ recent: told }, 50)],
      [5 * S, sample({ recent: told }, 54)],
    );
    expect(failuresOf(activity)).toEqual({
      failed: 2,
      turnedAway: 4,
      share: 6 / 16,
    });
    expect(newestPoint(activity)).toMatchObject({
      failedShare: 0.1,
      turnedAwayShare: 0.4,
    });
  });

  test("of a minute ago are in the sum and not in the newest point", () => {
    const activity = seen(
      [0, sample({}, 0)],
      [5 * S, sample({}, 4)],
      [80 * S, sample({ recent: told }, 4)],
    );
    expect(failuresOf(activity).turnedAway).toBe(4);
    expect(newestPoint(activity)?.turnedAwayShare).toBe(0);
  });

  test("have no share where nothing ended", () => {
    expect(failuresOf(seen([0, sample()])).share).toBeNull();
    expect(newestPoint(seen([0, sample()]))?.failedShare).toBeNull();
  });

  test("at a gateway that does not count for us are not known, those on servers are", () => {
    const activity = seen([0, sample({ recent: told }, null)]);
    expect(failuresOf(activity)).toEqual({
      failed: 2,
      turnedAway: null,
      share: 2 / 12,
    });
  });

  test("on servers that are away are not known, those at the gateway are", () => {
    const activity = seen(
      [0, sample({ recent: null }, 0)],
      [5 * S, sample({ recent: null }, 3)],
    );
    expect(failuresOf(activity)).toEqual({ failed: null, turnedAway: 3, share: 1 });
  });
});

describe("counters that begin anew", () => {
  test("where workers count together, a fall is a restart", () => {
    const activity = seen([0, sample({}, 90, null)], [5 * S, sample({}, 3, null)]);
    expect(failuresOf(activity).turnedAway).toBe(3);
  });

  test("another process than before may have counted for days: only its growth is news", () => {
    const activity = seen(
      [0, sample({}, 10, 100)],
      [5 * S, sample({}, 5000, 200)],
      [10 * S, sample({}, 5002, 200)],
    );
    expect(failuresOf(activity).turnedAway).toBe(2);
  });

  test("processes that answer in turn are told apart and added up", () => {
    const activity = seen(
      [0, sample({}, 100, 1)],
      [5 * S, sample({}, 10, 2)],
      [10 * S, sample({}, 104, 1)],
      [15 * S, sample({}, 11, 2)],
    );
    expect(failuresOf(activity).turnedAway).toBe(5);
    expect(activity.startedAtS).toBe(2);
  });
});

test("a pause is a gap, not an hour of the same", () => {
  const activity = seen([0, sample()], [5 * S, sample()], [30 * S, sample()]);
  expect(chartPoints(activity).map((point) => point.isAfterGap)).toEqual([
    false,
    false,
    true,
  ]);
  expect(withSample(activity, sample(), 3600 * S).readings).toHaveLength(1);
});

test("ten minutes are kept, and no more", () => {
  let activity = NO_ACTIVITY;
  for (let at = 0; at <= 2 * WINDOW_MS; at += 5 * S) {
    activity = withSample(activity, sample({}, at / S), at);
  }
  const [first] = activity.readings;
  expect(first?.at).toBeGreaterThanOrEqual(WINDOW_MS);
  expect(failuresOf(activity).turnedAway).toBe(WINDOW_MS / S);
});

test("what waits and what runs is told as it is", () => {
  const replicas = [replica({ running: 10, queued: 6 })];
  const point = newestPoint(seen([0, sample({ replicas })]));
  expect(point).toMatchObject({ running: 10, waiting: 6 });
});
