import { readFile } from "node:fs/promises";
import { chromium, type Locator, type Page } from "@playwright/test";
import { CHROMIUM_ARGS, CHROMIUM_PATH } from "../scripts/chromium.mjs";
import { sidewaysPx, violations } from "./support/axe";
import { expect, scriptedTest as test } from "./support/fixtures";
import { manySeeds, type Seed, seedLibrary } from "./support/seeded-library";

const FEW: Seed[] = [
  { prompt: "a red bicycle at dusk", isFavourite: true },
  { prompt: "a blue teapot", width: 768 },
  { prompt: "ein Café in der Straße", height: 768 },
];

async function openWith(
  page: Page,
  seeds: readonly Seed[],
  origin = "",
): Promise<void> {
  await page.goto(`${origin}/history`);
  await expect(page.getByRole("heading", { name: "No pictures yet" })).toBeVisible();
  await seedLibrary(page, seeds);
  await page.reload();
  await expect(tiles(page).first()).toBeVisible();
}

function grid(page: Page): Locator {
  return page.getByRole("region", { name: /^(Pictures|Trash)$/ });
}

function tiles(page: Page): Locator {
  return grid(page).getByRole("button");
}

function tile(page: Page, name: string | RegExp): Locator {
  return grid(page).getByRole("button", { name });
}

function count(page: Page): Locator {
  return page.getByRole("main").getByRole("status");
}

function search(page: Page): Locator {
  return page.getByRole("searchbox", { name: "Search pictures" });
}

test("an empty history says where pictures come from", async ({ studio: { page } }) => {
  await page.goto("/history");
  await page.getByRole("link", { name: "Paint the first one" }).click();
  await expect(page).toHaveURL("/");
});

test("words and filters narrow it, stand in the address and survive a reload", async ({
  studio: { page },
}) => {
  await openWith(page, FEW);
  await expect(count(page)).toHaveText("3 pictures");
  await search(page).fill("STRASSE cafe");
  await expect(tiles(page)).toHaveCount(1);
  await expect(page).toHaveURL(/\?q=STRASSE\+cafe$/);
  await page.reload();
  await expect(tiles(page)).toHaveCount(1);
  await expect(search(page)).toHaveValue("STRASSE cafe");

  await page.getByRole("button", { name: "Clear filters" }).click();
  await expect(tiles(page)).toHaveCount(3);
  await page.getByRole("combobox", { name: "Shape" }).selectOption("Wide");
  await expect(tile(page, "a blue teapot")).toBeVisible();
  await expect(tiles(page)).toHaveCount(1);
  await page.getByRole("combobox", { name: "Model" }).selectOption("flux-schnell");
  await expect(page.getByRole("heading", { name: "Nothing matches" })).toBeVisible();
  await page.getByRole("button", { name: "Clear filters" }).first().click();

  await tile(page, /teapot/).focus();
  await page.keyboard.press("f");
  await page.getByRole("button", { name: "Favourites" }).click();
  await expect(tiles(page)).toHaveCount(2);
  await expect(tile(page, "a blue teapot, favourite")).toBeVisible();
  await expect(page).toHaveURL(/\?favourites=1$/);
  await page.reload();
  await expect(count(page)).toHaveText("2 pictures");
});

test("deleting can be undone; what is not undone is in the trash", async ({
  studio: { page },
}) => {
  await openWith(page, FEW);
  await tile(page, /bicycle/).focus();
  await page.keyboard.press("Delete");
  await expect(tiles(page)).toHaveCount(2);
  await expect(tile(page, /teapot/)).toBeFocused();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(tile(page, /bicycle/)).toBeFocused();
  await expect(tiles(page)).toHaveCount(3);

  await page.keyboard.press("Delete");
  await expect(tiles(page)).toHaveCount(2);
  await page.keyboard.press("Control+z");
  await expect(tiles(page)).toHaveCount(3);

  await page.keyboard.press("Delete");
  await expect(tiles(page)).toHaveCount(2);
  await page.reload();
  await expect(tiles(page)).toHaveCount(2);
  await page.getByRole("link", { name: "Trash" }).click();
  await expect(tile(page, "a red bicycle at dusk, 30 days left")).toBeVisible();
  await page.goBack();
  await expect(tiles(page)).toHaveCount(2);
  await page.goForward();
  await tile(page, /bicycle/).click();
  await page.getByRole("button", { name: "Restore" }).click();
  await expect(page.getByRole("heading", { name: "The trash is empty" })).toBeVisible();
  await page.getByRole("link", { name: "Pictures", exact: true }).click();
  await expect(tiles(page)).toHaveCount(3);
});

test("the news stays for as long as it is pointed at or has the focus", async ({
  studio: { page },
}) => {
  await page.clock.install();
  await openWith(page, FEW);
  await tile(page, /bicycle/).focus();
  await page.keyboard.press("Delete");
  const undo = page.getByRole("button", { name: "Undo" });
  await undo.hover();
  await page.clock.runFor(60_000);
  await expect(undo).toBeVisible();
  await undo.focus();
  await page.mouse.move(0, 0);
  await page.clock.runFor(60_000);
  await expect(undo).toBeVisible();
  await search(page).focus();
  await page.clock.runFor(11_000);
  await expect(undo).toHaveCount(0);
});

test("only the trash deletes for good, and asks first", async ({
  studio: { page },
}) => {
  const trashedAt = Date.now();
  await openWith(page, [
    ...FEW,
    { prompt: "trash one", trashedAt },
    { prompt: "trash two", trashedAt },
  ]);
  await page.getByRole("link", { name: "Trash" }).click();
  await tile(page, /trash one/).focus();
  await page.keyboard.press("Delete");
  const dialog = page.getByRole("dialog", { name: "Delete 1 picture for good?" });
  await expect(dialog.getByText("Cancel")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(tiles(page)).toHaveCount(2);
  await page.keyboard.press("Delete");
  await dialog.getByRole("button", { name: "Delete for good" }).click();
  await expect(tiles(page)).toHaveCount(1);
  await page.getByRole("button", { name: "Empty the trash" }).click();
  await page.getByRole("button", { name: "Delete for good" }).click();
  await page.reload();
  await expect(page.getByRole("heading", { name: "The trash is empty" })).toBeVisible();
});

test("what happens in one tab shows in the other", async ({
  studio: { page },
  context,
}) => {
  await openWith(page, FEW);
  const other = await context.newPage();
  await other.goto("/history");
  await expect(tiles(other)).toHaveCount(3);
  await tile(page, /teapot/).focus();
  await page.keyboard.press("Delete");
  await expect(tiles(other)).toHaveCount(2);
});

test("the keyboard is enough: find, open, select, compare, delete", async ({
  studio: { page },
}) => {
  const { keyboard } = page;
  const tabTo = async (target: Locator) => {
    for (let presses = 0; presses < 30; presses++) {
      await keyboard.press("Tab");
      if (await target.evaluate((element) => element === document.activeElement))
        return;
    }
    throw new Error("Tab never gets there");
  };
  await openWith(page, manySeeds(40));
  await tabTo(search(page));
  await keyboard.type("bicycle");
  await expect(count(page)).toHaveText("7 pictures");
  await tabTo(tile(page, /number 0/));
  await keyboard.press("ArrowRight");
  await expect(tile(page, /number 6/)).toBeFocused();
  await keyboard.press("Enter");
  await expect(page.getByRole("dialog")).toBeVisible();
  await keyboard.press("Escape");
  await expect(tile(page, /number 6/)).toBeFocused();

  await keyboard.press("End");
  await expect(tile(page, /number 36/)).toBeFocused();
  await keyboard.press(" ");
  await keyboard.press("Shift+ArrowLeft");
  await expect(page.getByText("2 selected")).toBeVisible();
  await tabTo(page.getByRole("button", { name: "Compare" }));
  await keyboard.press("Enter");
  await expect(page.getByRole("dialog").getByRole("img")).toHaveCount(2);
  await keyboard.press("Escape");
  await expect(page.getByText("2 selected")).toBeVisible();
  await tabTo(page.getByRole("button", { name: "Delete", exact: true }));
  await keyboard.press("Enter");
  await expect(count(page)).toHaveText("5 pictures");
  await keyboard.press("Control+a");
  await expect(page.getByText("5 selected")).toBeVisible();
  await keyboard.press("Escape");
  await expect(page.getByText("5 selected")).toBeHidden();
});

test("several are chosen by presses, and by a range with Shift", async ({
  studio: { page },
}) => {
  await openWith(page, manySeeds(12));
  await page.getByRole("button", { name: "Select", exact: true }).click();
  await tile(page, /number 1$/).click();
  await expect(tile(page, /number 1$/)).toHaveAttribute("aria-pressed", "true");
  await tile(page, /number 4$/).click({ modifiers: ["Shift"] });
  await expect(page.getByText("4 selected")).toBeVisible();
  await page.getByRole("button", { name: "Compare" }).press("Enter");
  await expect(page.getByText("Select exactly two pictures")).toBeVisible();
  await page.getByRole("button", { name: "Select all" }).click();
  await expect(page.getByText("12 selected")).toBeVisible();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(page.getByRole("heading", { name: "No pictures yet" })).toBeVisible();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(count(page)).toHaveText("12 pictures");
});

test("the archive holds each picture under a name of its own", async ({
  studio: { page },
}) => {
  const twins = ["a red bicycle", "a red bicycle", "a fox"];
  await openWith(
    page,
    twins.map((prompt) => ({ prompt })),
  );
  await tile(page, "a fox").click({ modifiers: ["Control"] });
  await page.getByRole("button", { name: "Select all" }).click();
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download" }).click();
  const archive = await readFile(await (await downloading).path());
  const names = [...archive.toString("latin1").matchAll(/[a-z-]+\d+\.png/g)];
  expect(new Set(names.map(([name]) => name))).toEqual(
    new Set(["a-red-bicycle-1000.png", "a-red-bicycle-1001.png", "a-fox-1002.png"]),
  );
  expect(archive.toString("latin1").split("\x89PNG\r\n\x1a\n")).toHaveLength(4);
});

test("a full disk is told, and how to make room", async ({ studio: { page } }) => {
  await openWith(page, [...FEW, { prompt: "in the trash", trashedAt: Date.now() }]);
  await page.evaluate(() => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException("no room", "QuotaExceededError");
    };
  });
  await tile(page, /teapot/).focus();
  await page.keyboard.press("f");
  const notice = page.getByRole("region", { name: "Storage" });
  await expect(notice).toContainText("no room left");
  await expect(tile(page, "a blue teapot, favourite")).toBeVisible();
  await notice.getByRole("button", { name: "Empty the trash (1 picture)" }).click();
  await page.getByRole("button", { name: "Delete for good" }).click();
  await expect(notice).toBeHidden();
});

test("without storage it says that nothing is kept", async ({ studio: { page } }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, "indexedDB", { value: undefined });
  });
  await page.goto("/history");
  const notice = page.getByRole("region", { name: "Storage" });
  await expect(notice).toContainText("keeps no pictures");
});

test.describe("with 2,000 pictures", () => {
  // How soon is measured by scripts/measure-reactions.mjs.
  test("a search shows what it finds, and all again when it is taken back", async ({
    studio: { page },
  }) => {
    await openWith(page, manySeeds(2_000));
    await expect(count(page)).toHaveText("2,000 pictures");
    await search(page).focus();
    await page.keyboard.type("golden violin");
    await expect(count(page)).toHaveText("66 pictures");
    for (const _ of "golden violin") await page.keyboard.press("Backspace");
    await expect(count(page)).toHaveText("2,000 pictures");
  });

  test("only those near the screen are in the page, also at its end", async ({
    studio: { page },
  }) => {
    await openWith(page, manySeeds(2_000));
    expect(await tiles(page).count()).toBeLessThan(100);
    await tiles(page).first().focus();
    await page.keyboard.press("End");
    await expect(tile(page, /number 1999/)).toBeFocused();
    await expect(tile(page, /number 1999/)).toBeInViewport();
    await expect.poll(() => tiles(page).count()).toBeLessThan(100);
    await page.keyboard.press("Home");
    await expect(tile(page, /number 0,/)).toBeFocused();
  });

  test("they are there after the browser has been closed", async ({
    studio: { page },
    baseURL,
  }, testInfo) => {
    await page.goto("/history");
    const profile = testInfo.outputPath("profile");
    const start = () =>
      chromium.launchPersistentContext(profile, {
        executablePath: CHROMIUM_PATH,
        args: CHROMIUM_ARGS,
      });
    const before = await start();
    await openWith(
      await before.newPage(),
      manySeeds(2_000),
      // The fixture's base address belongs to its own browser.
      baseURL,
    );
    await before.close();
    const after = await start();
    const later = await after.newPage();
    await later.goto(`${baseURL}/history`);
    await expect(count(later)).toHaveText("2,000 pictures");
    await expect(tiles(later).first()).toBeVisible();
    await after.close();
  });
});

for (const width of [1280, 320]) {
  for (const colorScheme of ["light", "dark"] as const) {
    test.describe(`${width} px, ${colorScheme}`, () => {
      test.use({ viewport: { width, height: 800 }, colorScheme });

      test("no state has an axe violation or scrolls sideways", async ({
        studio: { page },
      }) => {
        const check = async (state: string) => {
          expect.soft(await violations(page), state).toEqual([]);
          expect.soft(await sidewaysPx(page), `${state}: sideways`).toBe(0);
          const folder = process.env.STATE_SCREENSHOTS;
          if (folder) {
            const path = `${folder}/${width}-${colorScheme}-history-${state}.png`;
            await page.screenshot({ path });
          }
        };
        await page.goto("/history");
        await expect(page.getByText("No pictures yet")).toBeVisible();
        await check("empty");
        await openWith(page, manySeeds(60));
        await check("grid");
        await page.getByRole("button", { name: "Select", exact: true }).click();
        await tiles(page).nth(1).click();
        await tiles(page).nth(2).click();
        await check("selection");
        await page.getByRole("button", { name: "Delete", exact: true }).click();
        await check("deleted");
        await page.getByRole("link", { name: "Trash" }).click();
        await tiles(page).first().click();
        await check("trash");
        await page.getByRole("button", { name: "Empty the trash" }).click();
        await check("asking");
        await page.keyboard.press("Escape");
        await search(page).fill("nothing at all");
        await expect(
          page.getByRole("heading", { name: "Nothing matches" }),
        ).toBeVisible();
        await check("no-hits");
      });
    });
  }
}
