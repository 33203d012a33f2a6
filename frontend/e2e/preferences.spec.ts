/** What a person prefers, and what the tab says while nobody looks. */

import type { Page } from "@playwright/test";
import { expect, scriptedTest, test } from "./support/fixtures";
import { StudioPage } from "./support/studio-page";

const preferences = (page: Page) =>
  page.getByRole("dialog", { name: "Preferences", exact: true });

async function openPreferences(page: Page): Promise<void> {
  await page.keyboard.press("Control+,");
  await expect(preferences(page)).toBeVisible();
}

test("German is spoken at once, and after a reload", async ({ studio }) => {
  const { page } = studio;
  await studio.open();
  await studio.prompt.fill("a red bicycle");
  await openPreferences(page);
  await page.getByText("Deutsch", { exact: true }).click();
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  await expect(page.getByRole("dialog", { name: "Vorlieben" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(studio.prompt).toHaveValue("a red bicycle");

  await studio.reload();
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  await expect(
    page.getByRole("button", { name: "Befehle", exact: true }),
  ).toBeVisible();
  await page.keyboard.press("Control+,");
  await page.getByText("English", { exact: true }).click();
  await expect(preferences(page)).toBeVisible();
});

test("what is chosen outlives a reload, the theme from the first paint on", async ({
  studio,
}) => {
  const { page } = studio;
  await studio.open();
  await openPreferences(page);
  await page.getByText("Dark", { exact: true }).click();
  await page.getByRole("switch", { name: "Play a sound" }).click();
  await page.getByRole("switch", { name: /in downloaded pictures/ }).click();

  await studio.untilLive(async () => {
    await page.reload({ waitUntil: "commit" });
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  });
  await openPreferences(page);
  await expect(page.getByRole("radio", { name: "Dark" })).toBeChecked();
  await expect(page.getByRole("switch", { name: "Play a sound" })).toBeChecked();
  await expect(
    page.getByRole("switch", { name: /in downloaded pictures/ }),
  ).not.toBeChecked();
  await expect(page.getByRole("switch", { name: "Notify me" })).not.toBeChecked();
});

test("another tab of the studio changes with this one", async ({ studio, context }) => {
  const { page } = studio;
  await studio.open();
  const other = await context.newPage();
  await new StudioPage(other).open();
  await openPreferences(other);
  await expect(other.getByRole("radio", { name: "System" })).toBeChecked();
  await openPreferences(page);
  await page.getByText("Light", { exact: true }).click();
  await expect(other.locator("html")).toHaveAttribute("data-theme", "light");
  await expect(other.getByRole("radio", { name: "Light" })).toBeChecked();
});

test("without a choice the theme follows the system, while the page is open, too", async ({
  studio,
}) => {
  const { page } = studio;
  const background = () =>
    page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await page.emulateMedia({ colorScheme: "light" });
  await studio.open();
  const light = await background();
  await page.emulateMedia({ colorScheme: "dark" });
  expect(await background()).not.toBe(light);
});

test.describe("notifications", () => {
  for (const answer of ["granted", "denied"] as const) {
    test(`are asked for by a press alone; ${answer}`, async ({ studio }) => {
      const { page } = studio;
      await page.addInitScript((given) => {
        let permission = "default";
        Object.assign(window, {
          asked: 0,
          Notification: {
            get permission() {
              return permission;
            },
            async requestPermission() {
              (window as unknown as { asked: number }).asked += 1;
              permission = given;
            },
          },
        });
      }, answer);
      const asked = () =>
        page.evaluate(() => (window as unknown as { asked: number }).asked);
      await studio.open();
      await openPreferences(page);
      expect(await asked()).toBe(0);
      const notify = page.getByRole("switch", { name: "Notify me" });
      await notify.click();
      const isGranted = answer === "granted";
      await expect(notify).toBeChecked({ checked: isGranted });
      await expect(page.getByText("Your browser blocks notifications")).toBeVisible({
        visible: !isGranted,
      });
      expect(await asked()).toBe(1);
    });
  }
});

test("all pictures are deleted only after a second yes", async ({ studio }) => {
  const { page } = studio;
  await studio.open();
  await studio.prompt.fill("a red bicycle");
  await studio.generate.click();
  await expect(studio.download.first()).toBeVisible();
  await openPreferences(page);
  const ask = () => page.getByRole("button", { name: "Delete all pictures…" }).click();
  const question = page.getByRole("dialog", { name: "Delete all pictures?" });
  await ask();
  await page.keyboard.press("Escape");
  await expect(question).toHaveCount(0);
  await expect(preferences(page)).toBeVisible();
  await ask();
  await question.getByRole("button", { name: "Delete all" }).click();
  await expect(preferences(page).getByText("All pictures are deleted.")).toBeVisible();
  await expect(page.getByText("0 pictures are kept")).toBeVisible();
});

/** As if the tab were one of several and another were in front. */
async function hide(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, isHidden);
}

const icon = (page: Page) =>
  page.locator('link[rel~="icon"]').first().getAttribute("href");

test.describe("a hidden tab", () => {
  test("says how far it is, then that it is done, until somebody looks", async ({
    studio,
  }) => {
    const { page } = studio;
    await studio.open();
    const own = { title: await page.title(), icon: await icon(page) };
    await studio.setMore("Steps", "60");
    await studio.prompt.fill("a red bicycle");
    await studio.prompt.press("Enter");
    await expect(page).toHaveTitle(/^\d+% – Easel$/);
    await hide(page, true);
    await expect(page).toHaveTitle("✓ Done – Easel");
    expect(await icon(page)).toMatch(/^data:image\/svg\+xml,/);
    await hide(page, false);
    await expect(page).toHaveTitle(own.title);
    expect(await icon(page)).toBe(own.icon);
  });
});

scriptedTest(
  "a hidden tab says that a picture has failed",
  async ({ studio, gateway }) => {
    const { page } = studio;
    await studio.open();
    await studio.prompt.fill("a red bicycle");
    await studio.prompt.press("Enter");
    const generation = await gateway.generation();
    generation.queued(1).started().step(3, null);
    await expect(studio.preview).toBeVisible();
    await hide(page, true);
    generation.fail({
      type: "urn:easel:problem:out_of_memory",
      title: "Out of memory",
      status: 503,
      detail: "It does not fit.",
      code: "out_of_memory",
      request_id: "req-1",
    });
    await expect(page).toHaveTitle("✗ Failed – Easel");
    const failed = await icon(page);
    await hide(page, false);
    await expect(page).toHaveTitle("Easel");
    expect(await icon(page)).not.toBe(failed);
  },
);
