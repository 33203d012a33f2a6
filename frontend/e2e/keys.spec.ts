/** A gateway that paints for people with a key. */

import { expect, guardedTest as test } from "./support/fixtures";
import { createKey, gatewayTier, serverTier, studioTier } from "./support/tiers";

test.use({ expectsFailedCalls: true });

test("the studio asks for a key, and paints with it until it is forgotten", async ({
  studio,
}, testInfo) => {
  const { page } = studio;
  const dataDir = testInfo.outputPath("gateway");
  const key = await createKey(dataDir);
  const server = await serverTier(0.01, testInfo.outputPath("server"));
  const gateway = await gatewayTier(server.url, dataDir);
  const studioServer = await studioTier(gateway.url);
  try {
    await Promise.all([server.start(), gateway.start(), studioServer.start()]);
    await studio.goTo(studioServer.url);
    await expect(page.getByText("The gateway asks for an API key")).toBeVisible();
    await page.getByRole("button", { name: "Enter a key" }).click();
    const dialog = page.getByRole("dialog", { name: "API key" });
    await dialog.getByLabel("Your key").fill(`${key}x`);
    await dialog.getByRole("button", { name: "Use this key" }).click();
    await expect(dialog).toContainText("does not take this key");
    await dialog.getByLabel("Your key").fill(key);
    await dialog.getByRole("button", { name: "Use this key" }).click();
    await expect(dialog).toHaveCount(0);
    await expect(page.getByText("What shall it be?")).toBeVisible();

    await studio.prompt.fill("a red bicycle");
    await studio.prompt.press("Enter");
    await expect(studio.download).toBeVisible();
    expect(await page.evaluate(() => document.cookie)).toBe("");

    await page.getByRole("button", { name: "Preferences" }).click();
    await page.getByRole("button", { name: "API key" }).click();
    await dialog.getByRole("button", { name: "Forget it" }).click();
    await dialog.getByRole("button", { name: "Close" }).click();
    await studio.prompt.press("Enter");
    await expect(studio.failure).toContainText("The gateway asks for an API key");
  } finally {
    await Promise.all([studioServer.kill(), gateway.kill(), server.kill()]);
  }
});
