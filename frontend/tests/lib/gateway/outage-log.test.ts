import { expect, test } from "vitest";
import { outageLog } from "@/lib/gateway/outage-log";

test("one line when it is lost, one when it is back", () => {
  const lines: string[] = [];
  const log = outageLog((line) => lines.push(line));
  const failure = new TypeError("fetch failed", { cause: new Error("ECONNREFUSED") });
  for (const outcome of [null, failure, failure, null, null]) log(outcome);
  expect(lines).toEqual([
    "The gateway cannot be reached: ECONNREFUSED",
    "The gateway answers again.",
  ]);
});
