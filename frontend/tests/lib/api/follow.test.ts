import { afterEach, expect, test, vi } from "vitest";
import { CallFailed } from "@/lib/api/client";
import { follow } from "@/lib/api/follow";

const ONE = [{ id: "gen_a", lastEventId: "3" }];
const TWO = [...ONE, { id: "gen_b", lastEventId: null }];

const STARTED = "id: gen_a~4\nevent: started\ndata: {}\n\n";
const COMPLETED = "id: gen_a~5\nevent: completed\ndata: {}\n\n";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** The studio answers with these pieces; then the stream ends, breaks or stays open. */
function studioSends(pieces: string[], then: "ends" | "breaks" | "stays open") {
  const asked: string[] = [];
  const left: AbortSignal[] = [];
  vi.stubGlobal("navigator", { onLine: true });
  vi.stubGlobal("fetch", (url: string, { signal }: { signal: AbortSignal }) => {
    asked.push(url);
    left.push(signal);
    const body = new ReadableStream<string>({
      start(controller) {
        for (const piece of pieces) controller.enqueue(piece);
        if (then === "ends") controller.close();
        signal.addEventListener("abort", () => controller.error(signal.reason));
      },
      pull(controller) {
        if (then === "breaks") controller.error(new TypeError("terminated"));
      },
    });
    return Promise.resolve(new Response(body.pipeThrough(new TextEncoderStream())));
  });
  return { asked, left };
}

async function namesOf(generations: typeof TWO, signal = new AbortController().signal) {
  const names: string[] = [];
  for await (const { id, eventId, event } of follow(generations, signal)) {
    names.push(`${id} ${eventId} ${event.event}`);
  }
  return names;
}

/** What it throws, and a sign of it if it throws nothing. */
async function failureOf(promise: Promise<unknown>) {
  return await promise.then(
    () => "nothing was thrown",
    (error: unknown) => (error instanceof CallFailed ? error.failure.kind : error),
  );
}

test("it asks behind the last events, and is done when all have ended", async () => {
  const { asked } = studioSends([STARTED, COMPLETED], "stays open");
  expect(await namesOf(ONE)).toEqual(["gen_a 4 started", "gen_a 5 completed"]);
  expect(asked).toEqual(["/api/follow?generation=gen_a%7E3"]);
});

test("one of two that ends is not the end", async () => {
  const gone = 'id: gen_b~\nevent: failed\ndata: {"code":"generation_not_found"}\n\n';
  const { asked } = studioSends([COMPLETED, gone], "stays open");
  expect(await namesOf(TWO)).toEqual(["gen_a 5 completed", "gen_b null failed"]);
  expect(asked).toEqual(["/api/follow?generation=gen_a%7E3&generation=gen_b%7E"]);
});

test.each(["ends", "breaks"] as const)(
  "an answer that %s before the generations do was interrupted",
  async (then) => {
    studioSends([COMPLETED], then);
    expect(await failureOf(namesOf(TWO))).toBe("interrupted");
  },
);

test("names of a newer gateway, and messages of nobody, are skipped", async () => {
  const news = "id: gen_a~4\nevent: mood\ndata: 1\n\nevent: started\ndata: {}\n\n";
  studioSends([news, COMPLETED], "ends");
  expect(await namesOf(ONE)).toEqual(["gen_a 5 completed"]);
});

test("an event in several pieces is one event", async () => {
  studioSends([...STARTED, ...COMPLETED], "ends");
  expect(await namesOf(ONE)).toEqual(["gen_a 4 started", "gen_a 5 completed"]);
});

test("a connection without a sign of life for 25 s is lost; a comment is one", async () => {
  vi.useFakeTimers();
  vi.stubGlobal("navigator", { onLine: true });
  let send: (text: string) => void = () => {};
  vi.stubGlobal("fetch", (_: string, { signal }: { signal: AbortSignal }) => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        send = (text) => controller.enqueue(new TextEncoder().encode(text));
        signal.addEventListener("abort", () => controller.error(signal.reason));
      },
    });
    return Promise.resolve(new Response(body));
  });
  let outcome: unknown = "it waits";
  void failureOf(namesOf(ONE)).then((failure) => {
    outcome = failure;
  });
  await vi.advanceTimersByTimeAsync(24_000);
  send(": heartbeat\n\n");
  await vi.advanceTimersByTimeAsync(24_000);
  expect(outcome).toBe("it waits");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(outcome).toBe("interrupted");
});

test("so is one that never gets an answer", async () => {
  vi.useFakeTimers();
  vi.stubGlobal("navigator", { onLine: true });
  vi.stubGlobal(
    "fetch",
    (_: string, { signal }: { signal: AbortSignal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
  );
  const failure = failureOf(namesOf(ONE));
  await vi.advanceTimersByTimeAsync(25_000);
  expect(await failure).toBe("interrupted");
});

test("what the studio refuses is told as it says", async () => {
  vi.stubGlobal("navigator", { onLine: true });
  const problem = { code: "unauthorized", detail: "…", status: 401, request_id: "r" };
  vi.stubGlobal("fetch", () =>
    Promise.resolve(Response.json(problem, { status: 401 })),
  );
  expect(await failureOf(namesOf(ONE))).toBe("key_needed");
});

test("who hangs up is told so, and who stops listening hangs up", async () => {
  const { left } = studioSends([STARTED], "stays open");
  const leaving = new AbortController();
  const names = namesOf(ONE, leaving.signal);
  leaving.abort(new Error("left"));
  await expect(names).rejects.toThrow("left");
  expect(left[0]?.aborted).toBe(true);
});
