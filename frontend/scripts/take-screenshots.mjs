// Every screen of a running studio: desktop and phone, light and dark.
//
//   STUDIO_URL=http://localhost:3000 npm run screenshots [folder] [scene …]
//
// STUDIO_LANGUAGE=de takes them in German. The studio's history is not touched: each set
// is taken in a browser of its own, which paints what it shows.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "@playwright/test";
import sharp from "sharp";
import { CHROMIUM_ARGS, CHROMIUM_PATH } from "./chromium.mjs";
import { SCENES, SCREENS } from "./screenshots/scenes.mjs";
import { StudioDriver } from "./screenshots/studio-driver.mjs";

const STUDIO_URL = process.env.STUDIO_URL ?? "http://localhost:3000";
const LANGUAGE = process.env.STUDIO_LANGUAGE ?? "en";
const [folder = "screenshots", ...wanted] = process.argv.slice(2);

// They tell of what the last scene did.
const NO_TOASTS = '[class*="_toasts"] { visibility: hidden }';

await mkdir(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: CHROMIUM_PATH,
  args: CHROMIUM_ARGS,
});
try {
  for (const screen of Object.keys(SCREENS)) {
    for (const scheme of ["light", "dark"]) await takeAll(screen, scheme);
  }
} finally {
  await browser.close();
}
console.log(`Saved to ${folder}/`);

/** In a browser of its own, which has kept no picture yet. */
async function takeAll(screen, scheme) {
  const context = await browser.newContext({
    ...SCREENS[screen],
    baseURL: STUDIO_URL,
    colorScheme: scheme,
    reducedMotion: "reduce",
  });
  await context.addCookies([
    { name: "easel-language", value: LANGUAGE, url: STUDIO_URL },
  ]);
  const studio = new StudioDriver(await context.newPage());
  for (const [scene, { show }] of Object.entries(SCENES)) {
    // Scenes that come first leave behind what later ones show: all are played.
    const leave = await show(studio);
    if (wanted.length === 0 || wanted.includes(scene)) {
      await studio.rest();
      await save(
        await studio.page.screenshot({ style: NO_TOASTS }),
        `${scene}-${screen}-${scheme}.webp`,
      );
    }
    await leave?.();
  }
  await context.close();
}

/** A quarter of a PNG's bytes, and text stays sharp. sharp comes with Next. */
async function save(png, name) {
  await sharp(png)
    .webp({ quality: 88, smartSubsample: true, effort: 6 })
    .toFile(join(folder, name));
}
