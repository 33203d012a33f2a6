"use client";

import { useEffect, useState } from "react";

export type StorageUse = { usedBytes: number; quotaBytes: number };

const UNITS = ["kilobyte", "megabyte", "gigabyte"] as const;

/** Of all that the studio keeps; asked anew when the number of pictures changes. */
export function useStorageUse(pictureCount: number): StorageUse | null {
  const [use, setUse] = useState<StorageUse | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the number is what asks anew
  useEffect(() => {
    let isCurrent = true;
    // Missing where the page is not served over HTTPS; refused in some private windows.
    void navigator.storage?.estimate().then(
      ({ usage, quota }) => {
        if (!isCurrent || usage === undefined || !quota) return;
        setUse({ usedBytes: usage, quotaBytes: quota });
      },
      () => {},
    );
    return () => {
      isCurrent = false;
    };
  }, [pictureCount]);

  return use;
}

/** Decimal units, as systems show the sizes of files: "1.2 GB". */
export function sizeInWords(bytes: number, language: string): string {
  let size = bytes / 1000;
  let unit = 0;
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: UNITS[unit],
    maximumFractionDigits: size < 10 ? 1 : 0,
  }).format(size);
}
