import { afterEach, expect, test, vi } from "vitest";
import { pagePatienceMs } from "@/lib/gateway/configured-gateway";

afterEach(() => {
  vi.unstubAllEnvs();
});

test.each([
  [undefined, 200],
  ["", 200],
  ["soon", 200],
  ["-1", 200],
  ["0", 0],
  ["1500", 1500],
])("PAGE_PATIENCE_MS=%s lets a page wait for %d ms", (set, ms) => {
  vi.stubEnv("PAGE_PATIENCE_MS", set);
  expect(pagePatienceMs()).toBe(ms);
});
