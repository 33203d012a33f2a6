/** Pictures in the browser's own storage, as if they had been painted here. */

import type { Page } from "@playwright/test";
import type { Picture } from "../../src/lib/pictures/picture";

export type Seed = Partial<Omit<Picture, "recipe">> & { prompt: string };

const SUBJECTS = ["bicycle", "lighthouse", "teapot", "fox", "harbour", "violin"];
const COLOURS = ["red", "blue", "green", "golden", "grey"];
const SIZES = [
  [512, 512],
  [768, 512],
  [512, 768],
] as const;

/** The newest first, four hours apart; every seventh a favourite. */
export function manySeeds(count: number): Seed[] {
  return Array.from({ length: count }, (_, index) => {
    const [width, height] = SIZES[index % SIZES.length] ?? SIZES[0];
    const colour = COLOURS[index % COLOURS.length];
    const subject = SUBJECTS[index % SUBJECTS.length];
    return {
      id: `seed_${index}.0`,
      prompt: `a ${colour} ${subject}, number ${index}`,
      width,
      height,
      isFavourite: index % 7 === 0,
      createdAt: Date.now() - index * 4 * 60 * 60 * 1000,
    };
  });
}

/** The page must have opened the studio's database before, as /history does. */
export async function seedLibrary(page: Page, seeds: readonly Seed[]): Promise<void> {
  const pictures = seeds.map(({ prompt, ...part }, index): Picture => {
    const id = part.id ?? `seed_${index}.0`;
    const width = part.width ?? 512;
    const height = part.height ?? 512;
    return {
      id,
      generationId: id,
      index: 0,
      createdAt: Date.now() - index * 60_000,
      width,
      height,
      mediaType: "image/png",
      url: `/generations/${id}/images/0`,
      warnings: [],
      tookS: 2,
      isFavourite: false,
      trashedAt: null,
      ...part,
      recipe: {
        prompt,
        negativePrompt: "",
        model: index % 2 ? "easel-small" : "flux-schnell",
        width,
        height,
        numInferenceSteps: 16,
        guidanceScale: 4,
        seed: 1000 + index,
        numImages: 1,
        sampler: null,
        loras: [],
        strength: null,
      },
    };
  });
  await page.evaluate(async (records) => {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open("easel");
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
    const files = await Promise.all(records.slice(0, 12).map(paint));
    const writing = database.transaction(["pictures", "files"], "readwrite");
    records.forEach((record, index) => {
      const file = files[index % files.length];
      writing.objectStore("pictures").put(record);
      writing.objectStore("files").put({ id: record.id, file, thumbnail: file });
    });
    await new Promise((resolve, reject) => {
      writing.oncomplete = resolve;
      writing.onabort = () => reject(writing.error);
    });
    database.close();

    /** Small, but of the right shape: a sky, a sun and a ground. */
    async function paint(record: { width: number; height: number }, index: number) {
      const canvas = new OffscreenCanvas(record.width / 8, record.height / 8);
      const context = canvas.getContext("2d");
      if (!context) throw new Error("no canvas");
      const { width, height } = canvas;
      const sky = context.createLinearGradient(0, 0, 0, height);
      sky.addColorStop(0, `hsl(${index * 47} 60% 35%)`);
      sky.addColorStop(1, `hsl(${index * 47 + 60} 75% 75%)`);
      context.fillStyle = sky;
      context.fillRect(0, 0, width, height);
      context.fillStyle = `hsl(${index * 47 + 180} 80% 85%)`;
      context.beginPath();
      context.arc(width * 0.65, height * 0.4, height / 7, 0, 7);
      context.fill();
      context.fillStyle = `hsl(${index * 47 + 200} 30% 22%)`;
      context.fillRect(0, height * 0.75, width, height);
      return canvas.convertToBlob({ type: "image/png" });
    }
  }, pictures);
}
