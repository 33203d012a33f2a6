import { readFile } from "node:fs/promises";
import { expect, test } from "./support/fixtures";

test("two actions from landing to a picture: type, Enter", async ({ studio }) => {
  await studio.open();
  await studio.prompt.click();
  await studio.page.keyboard.type("a red bicycle");
  await studio.page.keyboard.press("Enter");
  await expect(studio.image).toBeVisible();
  await expect(studio.image).toHaveAttribute("alt", "a red bicycle, generated image");
  await expect(studio.download).toHaveText("Download PNG");
});

test("Shift+Enter makes a line and starts nothing", async ({ studio }) => {
  await studio.open();
  await studio.prompt.pressSequentially("one");
  await studio.prompt.press("Shift+Enter");
  await studio.prompt.pressSequentially("two");
  await expect(studio.prompt).toHaveValue("one\ntwo");
  await expect(studio.cancel).toHaveCount(0);
});

test("at least 3 previews are seen before the image, with gzip on", async ({
  studio,
}) => {
  await studio.open();
  const previews = await studio.recordPreviews();
  const answer = studio.page.waitForResponse("**/api/generate");
  await studio.prompt.fill("a lighthouse at dusk");
  await studio.prompt.press("Enter");
  await expect(studio.download).toBeVisible();
  const headers = await (await answer).request().allHeaders();
  expect(headers["accept-encoding"]).toContain("gzip");
  const { length } = await previews();
  test.info().annotations.push({ type: "previews", description: String(length) });
  expect(length).toBeGreaterThanOrEqual(3);
});

test("an example prefills the prompt and starts nothing", async ({ studio }) => {
  await studio.open();
  await studio.page.getByRole("button", { name: "a bowl of lemons" }).click();
  await expect(studio.prompt).toHaveValue("a bowl of lemons");
  await expect(studio.prompt).toBeFocused();
  await expect(studio.cancel).toHaveCount(0);
});

test("Cancel stops it, keeps the preview and says so", async ({ studio, stack }) => {
  await studio.open();
  await studio.setMore("Steps", "200");
  await studio.prompt.fill("a long one");
  await studio.prompt.press("Enter");
  await expect(studio.preview).toBeVisible();
  await studio.cancel.click();
  await expect(studio.page.getByText("Cancelled before it was finished")).toBeVisible();
  await expect(studio.preview).toBeVisible();
  await expect(studio.generate).toBeEnabled();
  await expect(studio.generate).toBeFocused();
  await expect
    .poll(
      async () => (await (await fetch(`${stack.server.url}/health`)).json()).running,
    )
    .toBe(0);
});

test("several images stand side by side, and one of them is chosen", async ({
  studio,
}) => {
  await studio.open();
  await studio.page.getByRole("radio", { name: "3" }).check({ force: true });
  await studio.prompt.fill("three of them");
  await studio.prompt.press("Enter");
  await expect(studio.image).toHaveCount(3);
  const { page } = studio;
  const seed = page.getByRole("region", { name: "Result" }).getByText(/^\d{5,}$/);
  const first = Number(await seed.textContent());
  await page.getByRole("group", { name: "Image", exact: true }).getByText("3").click();
  await expect(seed).toHaveText(String(first + 2));
});

test("the download is a PNG", async ({ studio }) => {
  await studio.open();
  await studio.prompt.fill("a red bicycle");
  await studio.prompt.press("Enter");
  const download = studio.page.waitForEvent("download");
  await studio.download.click();
  const file = await download;
  expect(file.suggestedFilename()).toMatch(/\.png$/);
  const bytes = await readFile(await file.path());
  expect(bytes.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
});

test("a restored picture is painted again, byte for byte", async ({ studio }) => {
  await studio.open();
  await studio.prompt.fill("a red bicycle");
  await studio.prompt.press("Enter");
  await expect(studio.download).toBeVisible();
  const bytes = () =>
    studio.image.evaluate(async (image: HTMLImageElement) =>
      Array.from(new Uint8Array(await (await fetch(image.src)).arrayBuffer())).join(),
    );
  const first = await bytes();
  const source = await studio.image.getAttribute("src");
  await studio.prompt.fill("something else");
  await studio.page.getByRole("button", { name: "Use settings" }).click();
  await expect(studio.prompt).toHaveValue("a red bicycle");
  await studio.prompt.press("Enter");
  await expect(studio.image).not.toHaveAttribute("src", source ?? "");
  await expect(studio.download).toBeVisible();
  // The file says in which moment it was made: what is seen must be equal.
  expect(await bytes()).toBe(first);
});

test("the page does not move while a picture is made", async ({ studio }) => {
  await studio.page.addInitScript(() => {
    Object.assign(window, { shifted: 0 });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const shift = entry as PerformanceEntry & { value: number };
        (window as unknown as { shifted: number }).shifted += shift.value;
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  await studio.open();
  await studio.prompt.fill("a red bicycle");
  await studio.prompt.press("Enter");
  await expect(studio.download).toBeVisible();
  const shifted = await studio.page.evaluate(
    () => (window as unknown as { shifted: number }).shifted,
  );
  test.info().annotations.push({ type: "layout shift", description: String(shifted) });
  expect(shifted).toBeLessThanOrEqual(0.02);
});

test("the keyboard is enough, from the prompt to the file", async ({ studio }) => {
  const { keyboard } = studio.page;
  const tabTo = async (target: typeof studio.prompt) => {
    for (let presses = 0; presses < 40; presses++) {
      await keyboard.press("Tab");
      if (await target.evaluate((element) => element === document.activeElement))
        return;
    }
    throw new Error("Tab never gets there");
  };
  await studio.open();
  await tabTo(studio.prompt);
  await keyboard.type("a red bicycle");
  await keyboard.press("Enter");
  await expect(studio.download).toBeVisible();
  await tabTo(studio.download);
  const download = studio.page.waitForEvent("download");
  await keyboard.press("Enter");
  expect((await download).suggestedFilename()).toMatch(/\.png$/);
});
