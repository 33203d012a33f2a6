import { expect, test } from "./support/fixtures";

test.use({ expectsFailedCalls: true });

test("a dead gateway is named, the prompt stays, and it recovers by itself", async ({
  studio,
  stack,
}) => {
  await studio.open();
  await studio.prompt.fill("a red bicycle");
  await stack.gateway.kill();
  await studio.generate.click();
  await expect(studio.failure).toContainText("Cannot connect to gateway");
  await expect(studio.failure).toContainText("Request id");
  await expect(studio.banner).toContainText("Cannot connect to gateway");
  await expect(studio.prompt).toHaveValue("a red bicycle");

  await stack.gateway.start();
  await expect(studio.banner).toHaveCount(0);
  await studio.generate.click();
  await expect(studio.download).toBeVisible();
});

test("a dead text-to-image server has other words", async ({ studio, stack }) => {
  await studio.open();
  await studio.prompt.fill("a red bicycle");
  await stack.server.kill();
  await studio.generate.click();
  await expect(studio.failure).toContainText("Cannot connect to text-to-image server");
  await expect(studio.banner).toContainText("Cannot connect to text-to-image server");
  await expect(studio.banner).toContainText("The gateway answers");
  await expect(studio.prompt).toHaveValue("a red bicycle");

  await stack.server.start();
  await expect(studio.banner).toHaveCount(0);
});

test("a server that dies while painting is waited for, and paints it again", async ({
  studio,
  stack,
}) => {
  await studio.open();
  await studio.setMore("Steps", "200");
  await studio.prompt.fill("a red bicycle");
  await studio.prompt.press("Enter");
  await expect(studio.preview).toBeVisible();
  await stack.server.kill();
  await expect(studio.page.getByText("Connection lost")).toBeVisible();
  await expect(studio.banner).toContainText("Cannot connect to text-to-image server");
  await expect(studio.preview).toBeVisible();
  await stack.server.start();
  await expect(studio.banner).toHaveCount(0);
  await expect(studio.download).toBeVisible({ timeout: 30_000 });
});

test("a dead studio server is told from a dead gateway", async ({ studio, stack }) => {
  await studio.open();
  await studio.prompt.fill("a red bicycle");
  await stack.studio.kill();
  await studio.generate.click();
  await expect(studio.failure).toContainText("Cannot connect to the studio's server");
  await stack.studio.start();
  await expect(studio.banner).toHaveCount(0);
  await expect(studio.prompt).toHaveValue("a red bicycle");
});

test("a browser that goes offline says so and comes back", async ({ studio }) => {
  await studio.open();
  await studio.page.context().setOffline(true);
  await expect(studio.banner).toContainText("This device is offline");
  await studio.page.context().setOffline(false);
  await expect(studio.banner).toHaveCount(0);
});

test("the studio stops cleanly when it is told to", async ({ stack }) => {
  expect(await stack.studio.stop()).toBe(0);
  await stack.studio.start();
});
