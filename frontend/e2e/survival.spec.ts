/** What a generation outlives: the page, the network, the tab. */

import { expect, test } from "./support/fixtures";
import { StudioPage } from "./support/studio-page";

// Long enough to do something to it meanwhile.
test.use({ stepSeconds: 0.1, expectsFailedCalls: true });

async function running(serverUrl: string): Promise<number> {
  return (await (await fetch(`${serverUrl}/health`)).json()).running;
}

test.beforeEach(async ({ studio }) => {
  await studio.open();
  await studio.setMore("Steps", "60");
  await studio.prompt.fill("a long one");
});

test("a reload finds it again, and one picture is kept", async ({ studio, stack }) => {
  const { page } = studio;
  await studio.prompt.press("Enter");
  await expect(studio.preview).toBeVisible();
  const begun = Date.now();
  await page.reload();
  await expect(page.getByText(/^Painting, step \d+ of 60$/)).toBeVisible();
  test.info().annotations.push({
    type: "ms from the reload to its progress",
    description: String(Date.now() - begun),
  });
  expect(await running(stack.server.url)).toBe(1);
  await expect(studio.preview).toBeVisible();
  await expect(studio.download).toBeVisible({ timeout: 20_000 });
  await expect(
    page.getByRole("navigation", { name: "Newest pictures" }).getByRole("button"),
  ).toHaveCount(1);
});

test("without a network it is reconnecting, then done", async ({ studio }) => {
  const { page } = studio;
  await studio.prompt.press("Enter");
  await expect(studio.preview).toBeVisible();
  await page.context().setOffline(true);
  await expect(page.getByText("Connection lost, looking for it again")).toBeVisible();
  await expect(studio.preview).toBeVisible();
  await page.context().setOffline(false);
  await expect(page.getByText(/^Painting, step \d+ of 60$/)).toBeVisible();
  await expect(studio.download).toBeVisible({ timeout: 20_000 });
});

test("a restart of the gateway is waited for", async ({ studio, stack }) => {
  await studio.prompt.press("Enter");
  await expect(studio.preview).toBeVisible();
  await stack.gateway.kill();
  await expect(studio.page.getByText("Connection lost")).toBeVisible();
  await stack.gateway.start();
  await expect(studio.download).toBeVisible({ timeout: 30_000 });
});

test("a closed tab leaves it running, and the next tab shows it", async ({
  studio,
  stack,
}) => {
  await studio.prompt.press("Enter");
  await expect(studio.preview).toBeVisible();
  const context = studio.page.context();
  const next = new StudioPage(await context.newPage());
  await studio.page.close();
  expect(await running(stack.server.url)).toBe(1);
  await next.page.goto(stack.studio.url);
  await expect(next.page.getByText(/^Painting, step \d+ of 60$/)).toBeVisible();
  await expect(next.download).toBeVisible({ timeout: 20_000 });
});

test("several run at once, each with its own cancel", async ({ studio, stack }) => {
  const { page } = studio;
  await studio.prompt.press("Enter");
  await expect(studio.preview).toBeVisible();
  await expect(studio.generate).toHaveText("Add to queue");
  await studio.prompt.fill("another one");
  await studio.prompt.press("Enter");
  const strip = page.getByRole("list", { name: "Being painted" });
  await expect(strip.getByRole("listitem")).toHaveCount(2);
  await expect.poll(() => running(stack.server.url)).toBe(2);
  await strip.getByRole("button", { name: "Cancel: a long one" }).click();
  await expect.poll(() => running(stack.server.url)).toBe(1);
  await expect(studio.image).toHaveAttribute("alt", /^another one/, {
    timeout: 20_000,
  });
});

test("seven tabs that paint leave the seventh a connection", async ({ studio }) => {
  const { page } = studio;
  const context = page.context();
  await studio.prompt.press("Enter");
  await expect(studio.preview).toBeVisible();
  for (let tab = 2; tab <= 6; tab++) {
    const other = new StudioPage(await context.newPage());
    await other.goTo("/");
    await other.prompt.fill(`picture ${tab}`);
    await other.prompt.press("Enter");
    await expect(other.cancel).toBeVisible();
  }
  const seventh = new StudioPage(await context.newPage());
  await seventh.open();
});
