import type { Locator, Page } from "@playwright/test";
import { sidewaysPx, violations } from "./support/axe";
import { expect, scriptedTest as test } from "./support/fixtures";
import { type Seed, seedLibrary } from "./support/seeded-library";

// The newest first. Every second one is of the same model.
const SEEDS: Seed[] = [
  { prompt: "a red fox in the snow", width: 1024, height: 1024 },
  { prompt: "a blue teapot", width: 2048, height: 512 },
  { prompt: "a red fox in a forest", width: 512, height: 512 },
];

async function openHistory(page: Page, seeds = SEEDS): Promise<void> {
  await page.goto("/history");
  await expect(page.getByRole("heading", { name: "No pictures yet" })).toBeVisible();
  await seedLibrary(page, seeds);
  await page.reload();
  await expect(tile(page, "a blue teapot")).toBeVisible();
}

function tile(page: Page, prompt: string): Locator {
  return page
    .getByRole("region", { name: "Pictures" })
    .getByRole("button", { name: prompt });
}

function picture(page: Page): Locator {
  return page.getByRole("dialog").locator("img:visible");
}

async function boxOf(image: Locator) {
  await expect(image).toBeVisible();
  const box = await image.boundingBox();
  if (!box) throw new Error("the picture is not on the page");
  return box;
}

async function openLightbox(page: Page, prompt: string): Promise<Locator> {
  await tile(page, prompt).click();
  await expect(picture(page)).toHaveAttribute("alt", new RegExp(prompt));
  return page.getByRole("dialog");
}

async function openCompare(page: Page): Promise<Locator> {
  const lightbox = await openLightbox(page, "a red fox in the snow");
  await lightbox.getByRole("button", { name: "Compare" }).click();
  const compare = page.getByRole("dialog", { name: "Compare two pictures" });
  await compare.getByRole("button", { name: /a red fox in a forest/ }).click();
  await expect(compare.getByRole("img", { name: /^Picture B/ })).toBeVisible();
  return compare;
}

test("the keyboard alone opens a picture, walks on, and comes back to where it was", async ({
  studio: { page },
}) => {
  await openHistory(page);
  await tile(page, "a red fox in the snow").focus();
  await page.keyboard.press("Enter");
  const lightbox = page.getByRole("dialog", { name: "Picture 1 of 3" });
  await expect(lightbox).toBeFocused();
  await expect(picture(page)).toHaveAttribute("alt", /in the snow/);

  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("dialog", { name: "Picture 2 of 3" })).toBeVisible();
  await expect(picture(page)).toHaveAttribute("alt", /teapot/);
  await expect(page.getByText("Picture 2 of 3: a blue teapot")).toBeAttached();

  await page.keyboard.press("End");
  await expect(picture(page)).toHaveAttribute("alt", /forest/);
  const next = page.getByRole("button", { name: "Next picture" });
  await expect(next).toHaveAttribute("aria-disabled", "true");
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("dialog", { name: "Picture 3 of 3" })).toBeVisible();

  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(tile(page, "a red fox in the snow")).toBeFocused();
});

test("a picture is zoomed by keys, buttons, wheel and double click", async ({
  studio: { page },
}) => {
  await openHistory(page);
  const lightbox = await openLightbox(page, "a red fox in the snow");
  const image = picture(page);
  const fitting = await boxOf(image);
  expect(fitting.height).toBeLessThan(800);

  await page.keyboard.press("1");
  expect((await boxOf(image)).width).toBe(1024);
  await expect(lightbox.getByText("100%")).toBeVisible();
  await page.keyboard.press("+");
  expect((await boxOf(image)).width).toBe(1536);
  await page.keyboard.press("0");
  expect(await boxOf(image)).toEqual(fitting);
  const farther = lightbox.getByRole("button", { name: "Zoom out" });
  await expect(farther).toHaveAttribute("aria-disabled", "true");
  await lightbox.getByRole("button", { name: "Zoom in" }).click();
  expect((await boxOf(image)).width).toBeGreaterThan(fitting.width);
  await lightbox.getByRole("button", { name: "Fit into the window" }).click();

  const at = { x: fitting.x + fitting.width / 4, y: fitting.y + fitting.height / 4 };
  await page.mouse.move(at.x, at.y);
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -400);
  await page.keyboard.up("Control");
  await expect
    .poll(async () => (await boxOf(image)).width)
    .toBeGreaterThan(2 * fitting.width);
  const zoomed = await boxOf(image);
  expect((at.x - zoomed.x) / zoomed.width).toBeCloseTo(0.25, 1);
  expect((at.y - zoomed.y) / zoomed.height).toBeCloseTo(0.25, 1);

  await page.mouse.dblclick(at.x, at.y);
  expect(await boxOf(image)).toEqual(fitting);
  await page.mouse.dblclick(at.x, at.y);
  expect((await boxOf(image)).width).toBe(1024);
});

test("a small picture is enlarged smoothly, and can be seen at its own size", async ({
  studio: { page },
}) => {
  await openHistory(page, [{ prompt: "a blue teapot", width: 128, height: 128 }]);
  const lightbox = await openLightbox(page, "a blue teapot");
  const image = picture(page);
  expect((await boxOf(image)).width).toBeGreaterThanOrEqual(512);
  await expect(image).toHaveCSS("image-rendering", "auto");

  await page.keyboard.press("1");
  expect((await boxOf(image)).width).toBe(128);
  const farther = lightbox.getByRole("button", { name: "Zoom out" });
  await expect(farther).toHaveAttribute("aria-disabled", "true");
  await page.keyboard.press("0");
  await page.keyboard.press("+");
  await expect(image).toHaveCSS("image-rendering", "pixelated");
});

test("what is larger than the window is moved by dragging, keys and buttons", async ({
  studio: { page },
}) => {
  await openHistory(page);
  const lightbox = await openLightbox(page, "a red fox in the snow");
  const image = picture(page);
  await boxOf(image);
  await page.keyboard.press("1");
  await page.keyboard.press("+");
  const before = await boxOf(image);

  await page.mouse.move(400, 300);
  await page.mouse.down();
  await page.mouse.move(430, 320, { steps: 3 });
  await page.mouse.up();
  await expect.poll(async () => (await boxOf(image)).x - before.x).toBeCloseTo(30, 0);
  const dragged = await boxOf(image);
  expect(dragged.y - before.y).toBeCloseTo(20, 0);

  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("dialog", { name: "Picture 1 of 3" })).toBeVisible();
  const pressed = await boxOf(image);
  expect(pressed.x).toBeLessThan(dragged.x);
  await lightbox.getByRole("button", { name: "Show more on the left" }).click();
  expect((await boxOf(image)).x).toBeCloseTo(dragged.x, 0);
});

test("a swipe leads to the next picture", async ({ studio: { page } }) => {
  await openHistory(page);
  await openLightbox(page, "a red fox in the snow");
  await page.mouse.move(500, 300);
  await page.mouse.down();
  await page.mouse.move(300, 310, { steps: 3 });
  await page.mouse.up();
  await expect(page.getByRole("dialog", { name: "Picture 2 of 3" })).toBeVisible();
});

test("each parameter can be copied, and all at once", async ({
  studio: { page },
  context,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await openHistory(page);
  const lightbox = await openLightbox(page, "a red fox in the snow");
  await lightbox.getByRole("button", { name: "Copy: Seed" }).click();
  await expect(page.getByText("Copied: Seed")).toBeAttached();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("1000");
  await lightbox.getByRole("button", { name: "Copy: Size" }).click();
  await expect
    .poll(() => page.evaluate(() => navigator.clipboard.readText()))
    .toBe("1024x1024");
  await lightbox.getByRole("button", { name: "Copy all" }).click();
  await expect
    .poll(() => page.evaluate(() => navigator.clipboard.readText()))
    .toMatch(/^Prompt: a red fox in the snow\nSeed: 1000\nSize: 1024x1024\n/);
});

test("a deleted picture gives way to the next, and Undo is within reach", async ({
  studio: { page },
}) => {
  await openHistory(page);
  const lightbox = await openLightbox(page, "a red fox in the snow");
  await page.keyboard.press("Delete");
  await expect(page.getByRole("dialog", { name: "Picture 1 of 2" })).toBeVisible();
  await expect(picture(page)).toHaveAttribute("alt", /teapot/);
  await lightbox.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("dialog", { name: "Picture 1 of 3" })).toBeVisible();
  await expect(picture(page)).toHaveAttribute("alt", /in the snow/);
});

test("the divider of a comparison moves by keyboard", async ({ studio: { page } }) => {
  await openHistory(page);
  const compare = await openCompare(page);
  const divider = compare.getByRole("slider", { name: "Divider between A and B" });
  await divider.focus();
  await expect(divider).toHaveAttribute("aria-valuetext", "50% of A");
  await page.keyboard.press("ArrowRight");
  await expect(divider).toHaveAttribute("aria-valuetext", "51% of A");
  await page.keyboard.press("Home");
  await expect(divider).toHaveAttribute("aria-valuetext", "0% of A");
});

test("two pictures side by side are always seen at the same place and scale", async ({
  studio: { page },
}) => {
  await openHistory(page);
  const compare = await openCompare(page);
  await compare.getByText("Side by side").click();
  const a = compare.getByRole("img", { name: /^Picture A/ });
  const b = compare.getByRole("img", { name: /^Picture B/ });
  const apart = (await boxOf(b)).x - (await boxOf(a)).x;

  await compare.getByRole("button", { name: "Zoom in" }).click();
  await compare.getByRole("button", { name: "Zoom in" }).click();
  await compare.getByRole("button", { name: "Show more at the bottom" }).click();
  const [boxA, boxB] = [await boxOf(a), await boxOf(b)];
  expect(boxB.width).toBe(boxA.width);
  expect(boxB.y).toBe(boxA.y);
  expect(boxB.x - boxA.x).toBeCloseTo(apart, 0);
});

test("only what differs is listed, a prompt word by word, and swapping turns it round", async ({
  studio: { page },
}) => {
  await openHistory(page);
  const compare = await openCompare(page);
  const rows = compare.getByRole("rowheader");
  await expect(rows).toHaveText([/^Prompt/, /^Seed/, /^Size/]);
  await expect(compare.locator("td del")).toHaveText(/the snow/);
  await expect(compare.locator("td ins")).toHaveText(/a forest/);
  await expect(compare.getByText("Everything else is the same.")).toBeVisible();

  await compare.getByRole("button", { name: "Swap" }).click();
  await expect(compare.locator("td del")).toHaveText(/a forest/);
  const a = compare.getByRole("img", { name: /^Picture A/ });
  await expect(a).toHaveAttribute("alt", /a forest/);
});

for (const width of [1280, 320]) {
  for (const colorScheme of ["light", "dark"] as const) {
    test.describe(`${width} px, ${colorScheme}`, () => {
      test.use({ viewport: { width, height: 700 }, colorScheme });

      test("lightbox and comparison have no axe violation and scroll nowhere sideways", async ({
        studio: { page },
      }) => {
        const check = async (state: string) => {
          expect.soft(await violations(page), state).toEqual([]);
          expect.soft(await sidewaysPx(page), `${state}: sideways`).toBe(0);
        };
        await openHistory(page);
        const lightbox = await openLightbox(page, "a red fox in the snow");
        await check("lightbox");
        await lightbox.getByRole("button", { name: "Zoom in" }).click();
        await lightbox.getByRole("button", { name: "Details" }).click();
        await check("zoomed, details turned over");
        await page.keyboard.press("Escape");

        const compare = await openCompare(page);
        await check("slider");
        for (const mode of ["Side by side", "Overlay", "Difference"]) {
          await compare.getByText(mode, { exact: true }).click();
          await check(mode);
        }
      });
    });
  }
}
