import { sidewaysPx, violations } from "./support/axe";
import { expect, scriptedTest as test } from "./support/fixtures";

for (const width of [1280, 320]) {
  for (const colorScheme of ["light", "dark"] as const) {
    test.describe(`${width} px, ${colorScheme}`, () => {
      test.use({
        viewport: { width, height: 800 },
        colorScheme,
        expectsFailedCalls: true,
      });

      test("no state has an axe violation or scrolls sideways", async ({
        studio,
        gateway,
      }) => {
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
        await check("idle");

        if (width < 768) await page.getByRole("button", { name: "Settings" }).click();
        await page.getByText("512 × 512").click();
        await page.getByText("More settings").click();
        await check("settings");
        if (width < 768) await page.getByRole("button", { name: "Done" }).click();

        await studio.prompt.fill("a strawberry on a white background");
        await studio.prompt.press("Enter");
        const first = await gateway.generation();
        first.queued(2, 20);
        await expect(page.getByText("Place 2 in the queue")).toBeVisible();
        await check("queued");
        first.started().step(7, 3);
        await expect(studio.preview).toBeVisible();
        await check("denoising");
        await studio.cancel.click();
        await expect(page.getByText("Cancelled before it was finished")).toBeVisible();
        await check("cancelled");

        await studio.generate.click();
        (await gateway.generation()).queued(1).complete();
        await expect(studio.download).toBeVisible();
        await check("done");

        await studio.generate.click();
        (await gateway.generation()).queued(1).send("failed", {
          type: "about:blank",
          title: "Out of memory",
          status: 503,
          detail: "512 x 512 does not fit beside what is being painted.",
          code: "out_of_memory",
          request_id: "4a1c0c1e-0a52-4ad5-9a57-3a2d3b3f9c11",
        });
        await expect(studio.failure).toBeVisible();
        await check("failed");

        gateway.server = {
          status: "unreachable",
          model_loaded: false,
          cuda_available: false,
          detail: "Cannot connect to text-to-image server",
        };
        await studio.reload();
        await expect(studio.banner).toBeVisible();
        await studio.status.click();
        await expect(page.getByText("running, version 0")).toBeVisible();
        await check("server-down");
      });
    });
  }
}

test("a chosen theme is there before the first paint and outlives a reload", async ({
  studio,
}) => {
  const { page } = studio;
  await studio.open();
  const root = page.locator("html");
  await page.getByRole("button", { name: "Preferences" }).click();
  await page.getByText("Light", { exact: true }).click();
  await expect(root).toHaveAttribute("data-theme", "light");
  await page.getByText("Dark", { exact: true }).click();
  await expect(root).toHaveAttribute("data-theme", "dark");
  await page.reload({ waitUntil: "commit" });
  await expect(root).toHaveAttribute("data-theme", "dark");
});

test("a screen reader hears at most six things in thirty steps", async ({
  studio,
  gateway,
}) => {
  await studio.open();
  await studio.liveRegion.evaluate((region) => {
    const heard: string[] = [];
    Object.assign(window, { heard });
    new MutationObserver(() => {
      const words = region.textContent ?? "";
      if (words && heard.at(-1) !== words) heard.push(words);
    }).observe(region, { subtree: true, childList: true, characterData: true });
  });
  await studio.setMore("Steps", "30");
  await studio.prompt.fill("x");
  await studio.prompt.press("Enter");
  const generation = await gateway.generation();
  generation.queued(1).started();
  for (let step = 1; step <= 30; step++) {
    generation.step(step, 30 - step);
    if (step < 30) {
      await expect(studio.page.getByText(`step ${step} of 30`)).toBeVisible();
    }
  }
  generation.complete();
  await expect(studio.download).toBeVisible();
  const heard = await studio.page.evaluate(
    () => (window as unknown as { heard: string[] }).heard,
  );
  expect(heard.length).toBeLessThanOrEqual(6);
  expect(heard.at(-1)).toBe("The picture is ready.");
});

test("Generate stays in sight on a phone that shows little", async ({ studio }) => {
  await studio.page.setViewportSize({ width: 320, height: 300 });
  await studio.open();
  await expect(studio.generate).toBeInViewport({ ratio: 1 });
});
