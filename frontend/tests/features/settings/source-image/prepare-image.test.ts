import { expect, test } from "vitest";
import { fittedSize } from "@/features/settings/source-image/prepare-image";

test.each([
  [
    { width: 4096, height: 1024 },
    { width: 2048, height: 512 },
  ],
  [
    { width: 3000, height: 4000 },
    { width: 1536, height: 2048 },
  ],
  [
    { width: 640, height: 480 },
    { width: 640, height: 480 },
  ],
  [
    { width: 9000, height: 1 },
    { width: 2048, height: 1 },
  ],
])("%j becomes %j", (size, fitted) => {
  expect(fittedSize(size, 2048)).toEqual(fitted);
});
