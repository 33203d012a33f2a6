// What is photographed, in the order in which it is played.
//
// The pictures are the embedded model's, each the first one of its seed.

export const SCREENS = {
  desktop: { viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1 },
  phone: {
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    hasTouch: true,
    isMobile: true,
  },
};

const SQUARE = { width: 512, height: 512 };
const WIDE = { width: 160, height: 96 };
const TALL = { width: 96, height: 160 };

const LIBRARY = [
  { prompt: "a mushroom on a yellow background", ...SQUARE },
  { prompt: "a panda on a gray background", ...SQUARE },
  { prompt: "a sailboat at sunset", ...WIDE },
  { prompt: "a burger on a black background", ...SQUARE },
  { prompt: "a lion on a green background", ...SQUARE },
  { prompt: "a rocket in space", ...TALL },
  { prompt: "an apple on a white background", ...SQUARE },
  { prompt: "a fish in the sea", ...WIDE },
  { prompt: "a cactus in the desert", ...SQUARE },
  { prompt: "a fox in a forest", ...SQUARE },
  { prompt: "a fox in the snow", ...SQUARE },
].map((recipe) => ({ ...recipe, seed: 7 }));

const LONGER = [
  { prompt: "a rocket in space", seed: 8, ...SQUARE },
  { prompt: "a strawberry on a white background", seed: 8, ...SQUARE },
  { prompt: "a balloon on a blue background", seed: 8, ...SQUARE },
];

/**
 * `show` leads there and returns how to leave again.
 */
export const SCENES = {
  empty: {
    async show(studio) {
      await studio.open();
      await studio.page.locator("main ul button").first().waitFor();
    },
  },

  done: {
    async show(studio) {
      for (const recipe of LIBRARY) await studio.paint(recipe);
    },
  },

  settings: {
    async show(studio) {
      const { page } = studio;
      if (await studio.openSheet()) return () => page.keyboard.press("Escape");
      await page.locator("#settings summary").click();
      return async () => {
        await page.locator("#settings summary").click();
        await page.evaluate(() => scrollTo(0, 0));
      };
    },
  },

  painting: {
    async show(studio) {
      await studio.beginPainting(LONGER.slice(0, 1), 0.3);
      return () => studio.cancelAll(1);
    },
  },

  queue: {
    async show(studio) {
      await studio.beginPainting(LONGER, 0.25);
      return () => studio.cancelAll(LONGER.length);
    },
  },

  four: {
    async show(studio) {
      const prompt = "a butterfly on a pink background";
      await studio.paint({ prompt, seed: 7, num_images: 4, ...SQUARE });
    },
  },

  lightbox: {
    async show({ page }) {
      await page.keyboard.press("j");
      await page.locator('img[data-part="image"] + button').first().click();
      await page.locator("dialog img:visible").first().waitFor();
      return () => page.keyboard.press("Escape");
    },
  },

  compare: {
    async show(studio) {
      const [a, b] = LIBRARY.slice(-2);
      await studio.page.goto("/");
      await studio.open();
      await studio.page
        .locator(`main nav li button[aria-label^="${b.prompt}"]`)
        .click();
      await studio.page.keyboard.press("b");
      await studio.page
        .locator(`dialog img[alt*="${a.prompt}"]:visible`)
        .first()
        .waitFor();
      return () => studio.page.keyboard.press("Escape");
    },
  },

  palette: {
    async show({ page }) {
      await page.keyboard.press("Control+k");
      await page.locator("dialog input").waitFor();
      return () => page.keyboard.press("Escape");
    },
  },

  shortcuts: {
    async show({ page }) {
      await page.keyboard.press("?");
      await page.locator("dialog kbd").first().waitFor();
      return () => page.keyboard.press("Escape");
    },
  },

  preferences: {
    async show({ page }) {
      await page.keyboard.press("Control+,");
      await page.locator("dialog").waitFor();
      return () => page.keyboard.press("Escape");
    },
  },

  drop: {
    async show(studio) {
      await studio.openSheet();
      await studio.page.evaluate(
        (bytes) => {
          const files = new DataTransfer();
          const content = new Uint8Array(bytes);
          files.items.add(new File([content], "fox.png", { type: "image/png" }));
          const drop = { dataTransfer: files, bubbles: true, cancelable: true };
          document.body.dispatchEvent(new DragEvent("drop", drop));
        },
        await studio.fileOfNewest(),
      );
      await studio.page.locator("dialog dl").first().waitFor();
      return () => studio.page.reload();
    },
  },

  inpainting: {
    async show(studio) {
      const { page } = studio;
      const buffer = Buffer.from(await studio.fileOfNewest());
      await studio.openSheet();
      await page
        .locator('#settings input[type="file"]')
        .first()
        .setInputFiles({ name: "fox.png", mimeType: "image/png", buffer });
      await page.locator("#field-mask").click();
      await draw(page, page.locator("dialog canvas"));
      return () => page.reload();
    },
  },

  history: {
    async show({ page }) {
      await page.goto("/history");
      await page.locator('main [id^="picture-"] img').first().waitFor();
    },
  },

  status: {
    async show(studio) {
      await studio.page.goto("/status");
      // Charts need something to show, and some time to see it.
      for (let round = 0; round < 4; round++) {
        await studio.page.evaluate(
          (prompts) =>
            Promise.all(
              prompts.map((prompt) =>
                fetch("/api/generate", {
                  method: "POST",
                  headers: { "content-type": "application/json" },
                  body: JSON.stringify({ prompt }),
                }),
              ),
            ),
          LONGER.map(({ prompt }) => prompt),
        );
        await studio.page.waitForTimeout(5_000);
      }
    },
  },
};

/** A round stroke over the middle. */
async function draw(page, canvas) {
  const box = await canvas.boundingBox();
  const at = (turn) => [
    box.x + box.width * (0.5 + 0.17 * Math.cos(turn)),
    box.y + box.height * (0.42 + 0.12 * Math.sin(turn)),
  ];
  await page.mouse.move(...at(0));
  await page.mouse.down();
  for (let turn = 0; turn <= 2 * Math.PI; turn += 0.3)
    await page.mouse.move(...at(turn));
  await page.mouse.up();
}
