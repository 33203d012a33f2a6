/** How much room something takes, in words. Pure. */

const UNITS = ["kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** Decimal units, two digits at most: "1.2 MB". */
export function byteWords(bytes: number, language: string): string {
  const power = bytes < 1_000 ? 1 : Math.floor(Math.log10(bytes) / 3);
  const unit = UNITS[Math.min(power, UNITS.length) - 1] ?? "kilobyte";
  const amount = bytes / 1_000 ** (UNITS.indexOf(unit) + 1);
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit,
    unitDisplay: "short",
    maximumFractionDigits: amount < 10 ? 1 : 0,
  }).format(amount);
}
