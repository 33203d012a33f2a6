import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseExposition, sumOf } from "@/features/status/prometheus";

/** What a real gateway answered. */
function captured(name: string): string {
  return readFileSync(join(import.meta.dirname, "fixtures", name), "utf8");
}

describe("a real gateway's metrics", () => {
  const exposition = parseExposition(captured("one-process.prom"));

  test("each sample is found by its full name and its labels", () => {
    expect(exposition.get("easel_gateway_images_total")).toEqual([
      { labels: {}, value: 34 },
    ]);
    const answered = sumOf(
      exposition,
      "easel_gateway_upstream_requests_total",
      ({ outcome }) => outcome === "answered",
    );
    expect(answered).toBe(18);
  });

  test("a sum goes over all samples of a name, and is null where there is none", () => {
    expect(sumOf(exposition, "easel_gateway_upstream_requests_total")).toBe(19);
    expect(sumOf(exposition, "easel_gateway_unheard_of")).toBeNull();
  });

  test("no line that holds a sample is left out", () => {
    const lines = captured("one-process.prom")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    const samples = [...exposition.values()].flat();
    expect(samples).toHaveLength(lines.length);
  });
});

test("quotes, commas, braces and escapes inside a label's value belong to it", () => {
  const text = String.raw`m{a="x,y=\"1\"}",b="C:\\d\n"} 4 1700000000000`;
  expect(parseExposition(text).get("m")).toEqual([
    { labels: { a: 'x,y="1"}', b: "C:\\d\n" }, value: 4 },
  ]);
});

test.each([
  ["m 1.5e+03", 1500],
  ["m +Inf", Number.POSITIVE_INFINITY],
  ["m -Inf", Number.NEGATIVE_INFINITY],
  ["m{} 2", 2],
  ['m{le="0.5",} 2 # {trace="x"} 0.4', 2],
  ["  m 3\r", 3],
])("%j is %d", (line, value) => {
  expect(parseExposition(line).get("m")?.[0]?.value).toBe(value);
});

test.each(["", "# TYPE m counter", "m", "m NaN", "m one", "{a} 1", "<html> 1"])(
  "%j is no sample, and hides none",
  (line) => {
    const exposition = parseExposition(`${line}\nother 1`);
    expect([...exposition.keys()]).toEqual(["other"]);
  },
);
