import { expect, test } from "vitest";
import { indexOfPlace, moved } from "@/features/viewer/place";

const PICTURES = [{ id: "a" }, { id: "b" }, { id: "c" }];

test("a picture is found where newer ones have come before it", () => {
  expect(indexOfPlace({ id: "a", index: 0 }, [{ id: "new" }, ...PICTURES])).toBe(1);
});

test("a picture that has left gives way to the next, the last one to the one before", () => {
  expect(indexOfPlace({ id: "gone", index: 1 }, PICTURES)).toBe(1);
  expect(indexOfPlace({ id: "gone", index: 3 }, PICTURES)).toBe(2);
  expect(indexOfPlace({ id: "gone", index: 0 }, [])).toBe(0);
});

test("nobody is led beyond the ends", () => {
  expect(moved(1, 1, PICTURES)).toEqual({ id: "c", index: 2 });
  expect(moved(2, 1, PICTURES)).toEqual({ id: "c", index: 2 });
  expect(moved(1, Number.NEGATIVE_INFINITY, PICTURES)).toEqual({ id: "a", index: 0 });
  expect(moved(1, Number.POSITIVE_INFINITY, PICTURES)).toEqual({ id: "c", index: 2 });
  expect(moved(0, 1, [])).toBeNull();
});
