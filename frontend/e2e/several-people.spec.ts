/** Two people before one gateway, each with a browser of their own. */

import { expect, scriptedTest as test } from "./support/fixtures";
import { StudioPage } from "./support/studio-page";

test("each sees their own place, and one's cancel leaves the other alone", async ({
  studio,
  gateway,
  browser,
  baseURL,
}) => {
  await studio.open();
  await studio.prompt.fill("the first one's");
  await studio.prompt.press("Enter");
  const first = await gateway.generation();
  first.queued(1);
  await expect(studio.page.getByText("Next in the queue")).toBeVisible();

  const context = await browser.newContext(baseURL ? { baseURL } : {});
  const other = new StudioPage(await context.newPage());
  await other.open();
  await other.prompt.fill("the second one's");
  await other.prompt.press("Enter");
  const second = await gateway.generation();
  second.queued(2);
  await expect(other.page.getByText("Place 2 in the queue")).toBeVisible();

  await studio.cancel.click();
  await first.cancelled;
  second.queued(1);
  await expect(other.page.getByText("Next in the queue")).toBeVisible();
  await expect(studio.page.getByText("Cancelled before it was finished")).toBeVisible();
  second.started().step(16, 0).complete();
  await expect(other.download).toBeVisible();
  await context.close();
});
