import { expect, test } from "vitest";
import { oneSection, sectionsByDate, sectionTitle } from "@/features/history/sections";
import { pictureOf } from "../../lib/pictures/pictures";

const NOW = new Date(2026, 10, 23, 15).getTime();

function titles(dates: Date[], language = "en") {
  const pictures = dates.map((date, index) =>
    pictureOf(String(index), { createdAt: date.getTime() }),
  );
  return sectionsByDate(pictures, NOW).map(
    ({ start, pictures }) =>
      `${sectionTitle(start, NOW, language)}: ${pictures.map(({ id }) => id)}`,
  );
}

test("recent days stand alone, older ones by month, other years with their number", () => {
  const dates = [
    new Date(2026, 10, 23, 14),
    new Date(2026, 10, 23, 0),
    new Date(2026, 10, 22, 23, 59),
    new Date(2026, 10, 17),
    new Date(2026, 10, 16),
    new Date(2026, 10, 2),
    new Date(2026, 9, 31),
    new Date(2025, 11, 31),
  ];
  expect(titles(dates)).toEqual([
    "Today: 0,1",
    "Yesterday: 2",
    "Tuesday, November 17: 3",
    "November: 4,5",
    "October: 6",
    "December 2025: 7",
  ]);
});

test("headings speak the language of the page", () => {
  const dates = [NOW, new Date(2026, 10, 20).getTime()].map((time) => new Date(time));
  expect(titles(dates, "de")).toEqual(["Heute: 0", "Freitag, 20. November: 1"]);
});

test("a picture from a clock that is ahead is of today", () => {
  expect(titles([new Date(2026, 10, 25), new Date(2026, 10, 23)])).toEqual([
    "Today: 0,1",
  ]);
});

test("without dates there is one section without a title, or none", () => {
  const [section] = oneSection([pictureOf("a")]);
  expect(section && sectionTitle(section.start, NOW, "en")).toBeNull();
  expect(oneSection([])).toEqual([]);
});
