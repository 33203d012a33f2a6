import { afterAll, expect, test, vi } from "vitest";
import { forward } from "@/lib/gateway/forward";
import { localGateway } from "./local-gateway";

const TEN_MINUTES = 600_000;

// In a file of its own: undici keeps a timer from its first call on, and it is to be
// this clock's.
vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });

afterAll(() => {
  vi.useRealTimers();
});

test("a gateway may be silent for as long as it likes, before and in its answer", async () => {
  let asked = () => {};
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  let begin = () => {};
  let end = () => {};
  const gateway = await localGateway((_, response) => {
    begin = () => response.write("event: started\n\n");
    end = () => response.end("event: completed\n\n");
    asked();
  });
  const answer = forward(
    new Request("http://studio/api/generate", { method: "POST" }),
    gateway,
  );
  await isAsked;
  await vi.advanceTimersByTimeAsync(TEN_MINUTES);
  begin();
  const reader = (await answer).body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toBe("event: started\n\n");
  await vi.advanceTimersByTimeAsync(TEN_MINUTES);
  end();
  expect((await reader?.read())?.value).toBe("event: completed\n\n");
});
