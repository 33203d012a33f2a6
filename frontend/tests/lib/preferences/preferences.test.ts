import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  DEFAULT_PREFERENCES,
  PREFERENCES_KEY,
  readPreferences,
  writtenPreferences,
} from "@/lib/preferences/preference-record";
import { FakeStorage } from "./fake-storage";

let storage: FakeStorage;
let root: { dataset: { theme?: string } };
let listeners: ((event: { key: string | null }) => void)[];

beforeEach(() => {
  vi.resetModules();
  storage = new FakeStorage();
  root = { dataset: {} };
  listeners = [];
  vi.stubGlobal("localStorage", storage);
  vi.stubGlobal("document", { documentElement: root });
  vi.stubGlobal("window", {
    addEventListener: (_: string, listener: (typeof listeners)[number]) =>
      listeners.push(listener),
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

/** As a page that has just been loaded has it. */
async function freshModule() {
  return await import("@/lib/preferences/preferences");
}

test("a change is kept and found by the next page", async () => {
  const first = await freshModule();
  first.changePreferences({ playsSound: true });
  vi.resetModules();
  const second = await freshModule();
  expect(second.currentPreferences()).toEqual({
    ...DEFAULT_PREFERENCES,
    playsSound: true,
  });
});

test("a change leaves alone what an earlier page has kept", async () => {
  storage.setItem(
    PREFERENCES_KEY,
    writtenPreferences({ ...DEFAULT_PREFERENCES, notifies: true }),
  );
  const { changePreferences } = await freshModule();
  changePreferences({ playsSound: true });
  expect(readPreferences(storage.getItem(PREFERENCES_KEY))).toMatchObject({
    notifies: true,
    playsSound: true,
  });
});

test("a theme shows at once, and the system's shows as none", async () => {
  const { changePreferences } = await freshModule();
  changePreferences({ theme: "dark" });
  expect(root.dataset.theme).toBe("dark");
  changePreferences({ theme: "system" });
  expect(root.dataset).not.toHaveProperty("theme");
});

test("a browser that keeps nothing still does as it is told", async () => {
  storage.refuses = true;
  const { changePreferences, currentPreferences } = await freshModule();
  changePreferences({ theme: "dark" });
  expect(currentPreferences().theme).toBe("dark");
  expect(root.dataset.theme).toBe("dark");
});

test("what another tab changes counts here, too", async () => {
  const { currentPreferences } = await freshModule();
  currentPreferences();
  storage.setItem(
    PREFERENCES_KEY,
    writtenPreferences({ ...DEFAULT_PREFERENCES, theme: "light" }),
  );
  for (const listener of listeners) listener({ key: "something else" });
  expect(currentPreferences().theme).toBe("system");
  for (const listener of listeners) listener({ key: PREFERENCES_KEY });
  expect(currentPreferences().theme).toBe("light");
  expect(root.dataset.theme).toBe("light");
});
