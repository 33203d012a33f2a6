import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Follower, type Hears } from "@/features/generation/follower";
import { CallFailed, fetchGeneration } from "@/lib/api/client";
import type { Failure } from "@/lib/api/failure";
import { follow } from "@/lib/api/follow";
import type { FollowedEvent } from "@/lib/api/read-follow";

vi.mock("@/lib/api/follow", () => ({ follow: vi.fn() }));
vi.mock("@/lib/api/client", async (original) => ({
  ...(await original<typeof import("@/lib/api/client")>()),
  fetchGeneration: vi.fn(),
}));

const BROKEN = new CallFailed({
  kind: "interrupted",
  detail: null,
  requestId: null,
  param: null,
  retryAfterS: null,
});

type Heard = FollowedEvent | undefined;

/** A stream that the test feeds; it ends when it is hung up on. */
class Stream {
  readonly #waiting: ((step: () => IteratorResult<Heard>) => void)[] = [];
  readonly #ready: (() => IteratorResult<Heard>)[] = [];
  isHungUp = false;

  constructor(
    readonly asked: readonly { id: string; lastEventId: string | null }[],
    signal: AbortSignal,
  ) {
    signal.addEventListener("abort", () => {
      this.isHungUp = true;
      this.#give(() => {
        throw signal.reason;
      });
    });
  }

  say(id: string, eventId: string, step: number): void {
    const event = {
      event: "progress" as const,
      data: { step, num_inference_steps: 9, eta_s: null },
    };
    this.#give(() => ({ done: false, value: { id, eventId, event } }));
  }

  breakOff(): void {
    this.#give(() => {
      throw BROKEN;
    });
  }

  async *read(): AsyncGenerator<FollowedEvent, void> {
    for (;;) {
      const step =
        this.#ready.shift() ??
        (await new Promise<() => IteratorResult<Heard>>((resolve) => {
          this.#waiting.push(resolve);
        }));
      const { value } = step();
      if (value) yield value;
    }
  }

  #give(step: () => IteratorResult<Heard>): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(step);
    else this.#ready.push(step);
  }
}

let streams: Stream[] = [];
let listeners: Map<string, () => void>;
const page = { hidden: false };

function heard(): Hears & { log: string[] } {
  const log: string[] = [];
  return {
    log,
    event: (id, event) => {
      const step = "step" in event.data ? event.data.step : event.event;
      log.push(`${id} ${step}`);
    },
    gone: (id) => log.push(`${id} gone`),
    connection: (isThere) => log.push(isThere ? "there" : "lost"),
  };
}

function newest(): Stream {
  const stream = streams.at(-1);
  if (!stream) throw new Error("no stream is open");
  return stream;
}

const settled = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
  streams = [];
  listeners = new Map();
  page.hidden = false;
  const addEventListener = (name: string, listener: () => void) =>
    listeners.set(name, listener);
  vi.stubGlobal("document", {
    addEventListener,
    get hidden() {
      return page.hidden;
    },
  });
  vi.stubGlobal("window", { addEventListener });
  vi.mocked(follow).mockImplementation((asked, signal) => {
    const stream = new Stream(asked, signal);
    streams.push(stream);
    return stream.read();
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("all generations share one stream, which is opened anew for one more", async () => {
  const hears = heard();
  const follower = new Follower(hears);
  follower.add("a");
  await settled();
  newest().say("a", "4", 1);
  await settled();
  follower.add("b");
  await settled();
  expect(streams[0]?.isHungUp).toBe(true);
  expect(newest().asked).toEqual([
    { id: "a", lastEventId: "4" },
    { id: "b", lastEventId: null },
  ]);
  newest().say("b", "1", 1);
  await settled();
  expect(hears.log).toEqual(["there", "a 1", "there", "b 1"]);
});

test("a stream that breaks is opened again where it ended, later and later", async () => {
  const hears = heard();
  const follower = new Follower(hears);
  follower.add("a");
  await settled();
  newest().say("a", "4", 1);
  newest().breakOff();
  await settled();
  expect(hears.log).toEqual(["there", "a 1", "lost"]);
  await vi.advanceTimersByTimeAsync(500);
  expect(streams).toHaveLength(2);
  expect(newest().asked).toEqual([{ id: "a", lastEventId: "4" }]);
  newest().breakOff();
  await vi.advanceTimersByTimeAsync(999);
  expect(streams).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(streams).toHaveLength(3);
});

test("when the network is back there is no waiting", async () => {
  const follower = new Follower(heard());
  follower.add("a");
  await settled();
  newest().breakOff();
  await settled();
  listeners.get("online")?.();
  await settled();
  expect(streams).toHaveLength(2);
});

test("a hidden tab holds no stream and asks now and then instead", async () => {
  const hears = heard();
  const follower = new Follower(hears);
  follower.add("a");
  await settled();
  const snapshot = { status: "running", step: 7 };
  // Only what is read of it.
  vi.mocked(fetchGeneration).mockResolvedValue(snapshot as never);
  page.hidden = true;
  listeners.get("visibilitychange")?.();
  await settled();
  expect(newest().isHungUp).toBe(true);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(hears.log).toEqual(["a 7", "a 7"]);
  expect(streams).toHaveLength(1);
  page.hidden = false;
  listeners.get("visibilitychange")?.();
  await settled();
  expect(streams).toHaveLength(2);
});

test("what nobody knows any more is said to be gone", async () => {
  const hears = heard();
  page.hidden = true;
  const expired: Failure = { ...BROKEN.failure, kind: "expired" };
  vi.mocked(fetchGeneration).mockRejectedValue(new CallFailed(expired));
  new Follower(hears).add("a");
  await settled();
  expect(hears.log).toEqual(["a gone"]);
});

test("nothing is left open when the last one has ended", async () => {
  const follower = new Follower(heard());
  follower.add("a");
  await settled();
  follower.remove("a");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(newest().isHungUp).toBe(true);
  expect(streams).toHaveLength(1);
});
