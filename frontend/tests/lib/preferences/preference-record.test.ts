import { expect, test } from "vitest";
import {
  DEFAULT_PREFERENCES,
  type Preferences,
  readPreferences,
  writtenPreferences,
} from "@/lib/preferences/preference-record";

const OTHERS: Preferences = {
  theme: "dark",
  hasSingleKeys: false,
  notifies: true,
  playsSound: true,
  keepsParameters: false,
  downloadFormat: "webp",
};

test("what is written is read again", () => {
  expect(readPreferences(writtenPreferences(OTHERS))).toEqual(OTHERS);
});

test("what is written says in which version", () => {
  expect(JSON.parse(writtenPreferences(OTHERS))).toHaveProperty("version", 1);
});

test.each([null, "", "no JSON", "null", "[]", "3", '"dark"', "{}"])(
  "%s gives the defaults",
  (written) => {
    expect(readPreferences(written)).toEqual(DEFAULT_PREFERENCES);
  },
);

test("what cannot be understood leaves the rest as it was chosen", () => {
  const written = JSON.stringify({
    version: 9,
    theme: "sepia",
    notifies: "yes",
    playsSound: true,
    downloadFormat: "gif",
    somethingNew: 1,
  });
  expect(readPreferences(written)).toEqual({
    ...DEFAULT_PREFERENCES,
    playsSound: true,
  });
});
