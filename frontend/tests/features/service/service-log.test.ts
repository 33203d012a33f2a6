import { expect, test } from "vitest";
import type { Service } from "@/features/service/service";
import { EMPTY_LOG, withService } from "@/features/service/service-log";
import { health } from "../health";

const READY: Service = { status: "ready", health: health() };

test("trouble is kept with its beginning, and its end once it is over", () => {
  const down = withService(EMPTY_LOG, { status: "gateway_down" }, 1000);
  expect(down.troubles.gateway_down).toEqual({
    status: "gateway_down",
    beganAt: 1000,
    endedAt: null,
  });
  const still = withService(down, { status: "gateway_down" }, 2000);
  expect(still.troubles).toBe(down.troubles);
  const well = withService(still, READY, 3000);
  expect(well.troubles.gateway_down).toEqual({
    status: "gateway_down",
    beganAt: 1000,
    endedAt: 3000,
  });
});

test("one kind of trouble ends where another begins", () => {
  const down = withService(EMPTY_LOG, { status: "gateway_down" }, 1000);
  const { troubles } = withService(down, { status: "offline" }, 2000);
  expect(troubles.gateway_down?.endedAt).toBe(2000);
  expect(troubles.offline?.endedAt).toBeNull();
});

test("a service that is well has had no trouble", () => {
  expect(withService(EMPTY_LOG, READY, 1000).troubles).toEqual({});
});

test("the same status with other news is the news", () => {
  const before = withService(EMPTY_LOG, READY, 1000);
  const news: Service = { status: "ready", health: health({ version: "2" }) };
  expect(withService(before, news, 2000).service).toBe(news);
});
