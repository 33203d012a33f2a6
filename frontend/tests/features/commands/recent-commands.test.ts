import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { recentCommands, rememberCommand } from "@/features/commands/recent-commands";
import { FakeStorage } from "../../lib/preferences/fake-storage";

let storage: FakeStorage;

beforeEach(() => {
  storage = new FakeStorage();
  vi.stubGlobal("localStorage", storage);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

test("the newest comes first, once, and the oldest is forgotten", () => {
  for (const id of ["a", "b", "c", "a", "d", "e", "f"]) rememberCommand(id);
  expect(recentCommands()).toEqual(["f", "e", "d", "a", "c"]);
});

test.each(["no JSON", "{}", '[1, null, "a"]'])("%s does no harm", (kept) => {
  storage.setItem("easel-recent-commands", kept);
  expect(recentCommands().every((id) => id === "a")).toBe(true);
});

test("a browser that keeps nothing does no harm", () => {
  storage.refuses = true;
  rememberCommand("a");
  expect(recentCommands()).toEqual([]);
});
