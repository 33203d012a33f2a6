/** How much room something takes, in words. Pure. */

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

/** Decimal units, two digits at most: "1.2 MB". */
export function byteWords(bytes: number, language: string): string {
  const power = bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3);
  const at = Math.min(power, UNITS.length - 1);
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: UNITS[at] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: bytes / 1000 ** at < 10 ? 1 : 0,
  }).format(bytes / 1000 ** at);
}
