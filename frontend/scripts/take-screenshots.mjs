// Pictures of a running studio: desktop and phone, light and dark, in three states.
//
//   STUDIO_URL=http://localhost:3000 npm run screenshots [folder]
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "@playwright/test";
import { CHROMIUM_ARGS, CHROMIUM_PATH } from "./chromium.mjs";

const STUDIO_URL = process.env.STUDIO_URL ?? "http://localhost:3000";
const FOLDER = process.argv[2] ?? "screenshots";
const PROMPT = process.env.PROMPT;
const SEED = process.env.SEED;

const SCREENS = {
  desktop: { viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1 },
  phone: {
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    hasTouch: true,
  },
};

await mkdir(FOLDER, { recursive: true });
const browser = await chromium.launch({
  executablePath: CHROMIUM_PATH,
  args: CHROMIUM_ARGS,
});
for (const [screen, options] of Object.entries(SCREENS)) {
  for (const colorScheme of ["light", "dark"]) {
    const page = await browser.newPage({ ...options, colorScheme });
    const save = (state) =>
      page.screenshot({ path: join(FOLDER, `${screen}-${colorScheme}-${state}.png`) });

    await page.goto(STUDIO_URL);
    const example = page.getByRole("main").getByRole("listitem").getByRole("button");
    await example.first().waitFor();
    await save("idle");

    if (PROMPT) await page.getByLabel("Prompt", { exact: true }).fill(PROMPT);
    else await example.first().click();
    if (SEED) {
      if (screen === "phone")
        await page.getByRole("button", { name: "Settings" }).click();
      await page.getByText("More settings").click();
      await page.getByLabel("Seed", { exact: true }).fill(SEED);
      await page.getByText("More settings").click();
      if (screen === "phone") await page.getByRole("button", { name: "Done" }).click();
    }
    await page.getByRole("button", { name: "Generate" }).click();
    await page.locator('img[data-part="preview"]').first().waitFor();
    await save("painting");

    await page
      .getByRole("link", { name: /^Download/ })
      .first()
      .waitFor();
    await page.waitForFunction(() =>
      [...document.images].every((image) => image.complete && image.naturalWidth > 0),
    );
    await save("done");
    await page.close();
  }
}
await browser.close();
console.log(`Saved to ${FOLDER}/`);
