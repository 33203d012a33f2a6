/** Reads Prometheus' text format, version 0.0.4. Pure. */

export type Labels = Readonly<Record<string, string>>;

export type MetricSample = { labels: Labels; value: number };

/** By the sample's full name: a histogram is `…_bucket`, `…_sum` and `…_count`. */
export type Exposition = ReadonlyMap<string, readonly MetricSample[]>;

const QUOTED = String.raw`"(?:\\.|[^"\\])*"`;
// Name, labels, value; a timestamp or an exemplar may follow and says nothing to us.
const LINE = new RegExp(
  String.raw`^([A-Za-z_:][\w:]*)\s*(?:\{((?:${QUOTED}|[^"}])*)\})?\s+([^\s#]+)`,
);
const LABEL = new RegExp(String.raw`([A-Za-z_]\w*)\s*=\s*(${QUOTED})`, "g");

/** Lines that are not understood are left out: one of them must not hide the others. */
export function parseExposition(text: string): Exposition {
  const exposition = new Map<string, MetricSample[]>();
  for (const line of text.split("\n")) {
    const [, name, labels = "", written = ""] = LINE.exec(line.trim()) ?? [];
    const value = numberOf(written);
    if (!name || value === null) continue;
    const samples = exposition.get(name) ?? [];
    samples.push({ labels: labelsOf(labels), value });
    exposition.set(name, samples);
  }
  return exposition;
}

/** @returns null where no sample of that name has such labels. */
export function sumOf(
  exposition: Exposition,
  name: string,
  isWanted: (labels: Labels) => boolean = () => true,
): number | null {
  const wanted = (exposition.get(name) ?? []).filter(({ labels }) => isWanted(labels));
  if (wanted.length === 0) return null;
  return wanted.reduce((sum, { value }) => sum + value, 0);
}

function labelsOf(text: string): Labels {
  const found = text.matchAll(LABEL);
  return Object.fromEntries(
    Array.from(found, ([, name = "", quoted = ""]) => [name, unquoted(quoted)]),
  );
}

function unquoted(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
}

/** As Go writes numbers; null for what is none, and for the format's own NaN. */
function numberOf(written: string): number | null {
  if (/^[+-]?Inf$/i.test(written))
    return written.startsWith("-") ? -Infinity : Infinity;
  const value = Number(written);
  return written === "" || Number.isNaN(value) ? null : value;
}
