/** The palette, the shortcuts and their sheet. */

import type { Locator, Page } from "@playwright/test";
import { violations } from "./support/axe";
import { expect, test } from "./support/fixtures";

/** Of the page and of what scrolls in an open dialog. */
function sidewaysPx(page: Page): Promise<number> {
  return page.evaluate(() => {
    const scrolling = [...document.querySelectorAll("dialog[open] *")].filter((box) =>
      ["auto", "scroll"].includes(getComputedStyle(box).overflowX),
    );
    const boxes = [document.documentElement, ...scrolling];
    return Math.max(...boxes.map((box) => box.scrollWidth - box.clientWidth));
  });
}

const dialog = (page: Page, name: string) =>
  page.getByRole("dialog", { name, exact: true });
const palette = (page: Page) => dialog(page, "Commands");
const sheet = (page: Page) => dialog(page, "Keyboard shortcuts");
const search = (page: Page) => page.getByRole("combobox", { name: "Search commands" });
const theme = (page: Page) => page.locator("html").getAttribute("data-theme");

/** The one that Enter would take. */
function chosen(page: Page): Locator {
  return palette(page).getByRole("option", { selected: true });
}

test.describe("the palette", () => {
  test("opens by key and by button, and gives the focus back", async ({ studio }) => {
    const { page } = studio;
    await studio.open();
    await studio.prompt.focus();
    await page.keyboard.press("Control+k");
    await expect(search(page)).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(palette(page)).toHaveCount(0);
    await expect(studio.prompt).toBeFocused();
    await page.keyboard.press("Control+k");
    await expect(search(page)).toBeFocused();
    await page.keyboard.press("Control+k");
    await expect(palette(page)).toHaveCount(0);

    const button = page.getByRole("button", { name: "Commands", exact: true });
    await button.click();
    await expect(search(page)).toBeFocused();
    await palette(page).getByRole("button", { name: "Close" }).click();
    await expect(button).toBeFocused();
  });

  test("finds by words, and arrows, Home and End choose", async ({ studio }) => {
    const { page } = studio;
    await studio.open();
    await page.keyboard.press("Control+k");
    const options = palette(page).getByRole("option");
    await expect(options.first()).toHaveAttribute("aria-selected", "true");
    await page.keyboard.press("End");
    await expect(options.last()).toHaveAttribute("aria-selected", "true");
    await page.keyboard.press("ArrowDown");
    await expect(options.first()).toHaveAttribute("aria-selected", "true");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Home");
    const id = await options.first().getAttribute("id");
    await expect(search(page)).toHaveAttribute("aria-activedescendant", id ?? "");

    await page.keyboard.type("dark mode");
    await expect(options).toHaveCount(1);
    await expect(chosen(page)).toContainText("Change the theme");
    await page.keyboard.press("Enter");
    await expect(palette(page)).toHaveCount(0);
    expect(await theme(page)).toBe("light");

    await page.keyboard.press("Control+k");
    const recent = palette(page).getByRole("group", { name: "Recently used" });
    await expect(recent.getByRole("option")).toHaveText([/^Change the theme/]);
    await page.keyboard.type("no such thing");
    await expect(options).toHaveCount(0);
    await expect(palette(page).getByText("No command matches")).toBeVisible();
  });

  test("a press on a command runs it, and may move the focus", async ({ studio }) => {
    const { page } = studio;
    await studio.open();
    await page.getByRole("button", { name: "Commands", exact: true }).click();
    await palette(page).getByRole("option", { name: "Go to the prompt" }).click();
    await expect(studio.prompt).toBeFocused();
  });

  test("every command in it runs", async ({ studio }) => {
    test.setTimeout(180_000);
    const { page } = studio;
    await studio.open();
    for (const prompt of ["a red bicycle", "a blue bicycle"]) {
      await studio.prompt.fill(prompt);
      await studio.generate.click();
      await expect(studio.image.first()).toHaveAttribute(
        "alt",
        `${prompt}, generated image`,
      );
    }

    await page.keyboard.press("Control+k");
    const options = palette(page).getByRole("option");
    const titles = await options.evaluateAll((all) =>
      all.map((option) => option.firstElementChild?.textContent ?? ""),
    );
    await page.keyboard.press("Escape");
    expect(titles.filter((title) => !(title in SHOWS))).toEqual([]);

    for (const title of titles) {
      await test.step(title, async () => {
        const shows = SHOWS[title]?.(page);
        await page.keyboard.press("Control+k");
        await search(page).fill(title);
        await expect(chosen(page)).toContainText(title);
        await page.keyboard.press("Enter");
        await expect(palette(page)).toHaveCount(0);
        await shows?.();
        await page.keyboard.press("Escape");
        // A reload would leave the stage empty, and its commands with nothing to do.
        const studioLink = page.getByRole("link", { name: "Studio", exact: true });
        if (new URL(page.url()).pathname !== "/") await studioLink.click();
        await studio.image.first().waitFor();
      });
    }
  });
});

/** Each has a file of its own, while several may have one prompt. */
function anotherPicture(page: Page) {
  const image = page.locator('img[data-part="image"]').first();
  const before = image.getAttribute("src");
  return async () => expect(image).not.toHaveAttribute("src", (await before) ?? "");
}

/** How each command shows that it has run; called before it runs. */
const SHOWS: Record<string, (page: Page) => () => Promise<void>> = {
  Generate: (page) => async () => {
    await expect(page.getByRole("button", { name: "Cancel" })).toBeVisible();
    await expect(page.getByRole("button", { name: "Cancel" })).toHaveCount(0);
  },
  "Go to the prompt": (page) => () =>
    expect(page.getByLabel("Prompt", { exact: true })).toBeFocused(),
  "Clear the prompt": (page) => () =>
    expect(page.getByLabel("Prompt", { exact: true })).toHaveValue(""),
  "New seed": (page) => () =>
    expect(page.getByLabel("Seed", { exact: true })).toHaveValue(/^\d+$/),
  "Keep or release the seed": (page) => () =>
    expect(page.getByLabel("Seed", { exact: true })).toBeAttached(),
  "Use the last picture’s settings": (page) => () =>
    expect(page.getByLabel("Prompt", { exact: true })).toHaveValue(/bicycle/),
  "Vary this picture": (page) => () =>
    expect(page.getByLabel("Prompt", { exact: true })).toHaveValue(/bicycle/),
  "Copy a link to this picture’s settings": (page) => () =>
    expect(page.getByRole("status").filter({ hasText: /link/i })).toBeVisible(),
  "Download this picture": (page) => {
    const download = page.waitForEvent("download");
    return async () => expect((await download).suggestedFilename()).toMatch(/\.\w+$/);
  },
  "Favourite this picture, or no longer": (page) => () =>
    expect(
      page.getByRole("button", { name: /favourite/i, pressed: true }),
    ).toBeVisible(),
  "Compare with the picture before": (page) => () =>
    expect(page.getByRole("dialog")).toBeVisible(),
  "Next picture": anotherPicture,
  "Previous picture": anotherPicture,
  "Delete this picture": (page) => async () => {
    await page.getByRole("button", { name: "Undo" }).click();
  },
  "Go to the studio": (page) => () => expect(page).toHaveURL(/\/$/),
  "Go to the history": (page) => () => expect(page).toHaveURL(/\/history$/),
  "Go to the status": (page) => () => expect(page).toHaveURL(/\/status$/),
  "Show keyboard shortcuts": (page) => () => expect(sheet(page)).toBeVisible(),
  "Open preferences": (page) => () => expect(dialog(page, "Preferences")).toBeVisible(),
  "Change the theme": (page) => () =>
    expect(page.locator("html")).toHaveAttribute("data-theme", "light"),
  // Takes English back: the titles that follow are English.
  "Language: Deutsch": (page) => async () => {
    await expect(page.locator("html")).toHaveAttribute("lang", "de");
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Befehle suchen" }).fill("English");
    await page.keyboard.press("Enter");
    await expect(page.locator("html")).toHaveAttribute("lang", "en");
  },
  "Notifications on or off": (page) => () => expect(palette(page)).toHaveCount(0),
  "Sound on or off": (page) => () =>
    expect
      .poll(() => page.evaluate(() => localStorage.getItem("easel-preferences")))
      .toContain('"playsSound":true'),
};

test.describe("shortcuts of a single key", () => {
  test("act on the page, not while somebody types", async ({ studio }) => {
    const { page } = studio;
    await studio.open();
    await page.keyboard.press("t");
    expect(await theme(page)).toBe("light");
    await page.keyboard.press("/");
    await expect(studio.prompt).toBeFocused();
    await page.keyboard.type("t/?");
    await expect(studio.prompt).toHaveValue("t/?");
    expect(await theme(page)).toBe("light");
    await expect(sheet(page)).toHaveCount(0);
  });

  test("do not act over a dialog, nor with a modifier", async ({ studio }) => {
    const { page } = studio;
    await studio.open();
    await page.keyboard.press("Alt+t");
    await page.keyboard.press("Shift+T");
    expect(await theme(page)).toBeNull();
    await page.keyboard.press("?");
    await sheet(page).getByRole("button", { name: "Close" }).focus();
    await page.keyboard.press("t");
    await page.keyboard.press("Control+k");
    await expect(palette(page)).toHaveCount(0);
    expect(await theme(page)).toBeNull();
  });

  test("can be turned off in their sheet, for good", async ({ studio }) => {
    const { page } = studio;
    await studio.open();
    await page.keyboard.press("?");
    const change = sheet(page).getByRole("row", { name: /^Change the theme/ });
    await expect(change).toContainText("T");
    await sheet(page)
      .getByRole("switch", { name: /single key/ })
      .click();
    await expect(change).toContainText("off");
    await page.keyboard.press("Escape");
    await page.keyboard.press("t");
    expect(await theme(page)).toBeNull();

    await studio.reload();
    await page.keyboard.press("Control+k");
    await expect(palette(page)).toBeVisible();
    await page.keyboard.press("Escape");
    await page.keyboard.press("t");
    expect(await theme(page)).toBeNull();
  });

  test("follow one another: G and then H goes to the history", async ({ studio }) => {
    const { page } = studio;
    await studio.open();
    await page.keyboard.press("g");
    await page.keyboard.press("h");
    await expect(page).toHaveURL(/\/history$/);
  });
});

for (const width of [1280, 320]) {
  for (const colorScheme of ["light", "dark"] as const) {
    test.describe(`${width} px, ${colorScheme}`, () => {
      test.use({ viewport: { width, height: 800 }, colorScheme });

      test("no dialog has an axe violation or scrolls sideways", async ({ studio }) => {
        const { page } = studio;
        const check = async (state: string) => {
          expect.soft(await violations(page), state).toEqual([]);
          expect.soft(await sidewaysPx(page), `${state}: sideways`).toBe(0);
          const folder = process.env.STATE_SCREENSHOTS;
          if (folder) {
            const path = `${folder}/${width}-${colorScheme}-${state}.png`;
            await page.screenshot({ path });
          }
        };
        await studio.open();
        await page.keyboard.press("Control+k");
        await expect(search(page)).toBeFocused();
        await check("palette");
        await search(page).fill("pict");
        await check("palette-found");
        await search(page).fill("no such thing");
        await check("palette-nothing");
        await page.keyboard.press("Escape");
        await page.keyboard.press("?");
        await expect(sheet(page)).toBeVisible();
        await check("shortcuts");
        await page.keyboard.press("Escape");
        await page.keyboard.press("Control+,");
        await expect(dialog(page, "Preferences")).toBeVisible();
        await check("preferences");
      });
    });
  }
}
