import type { Page } from "@playwright/test";
import { expect, scriptedTest as test } from "./support/fixtures";

/** Scripts wait until they are let in: what is seen before is the server's page. */
async function holdScripts(page: Page): Promise<() => void> {
  let letIn = () => {};
  const isLetIn = new Promise<void>((resolve) => {
    letIn = resolve;
  });
  await page.route("**/*.js", async (route) => {
    await isLetIn;
    await route.continue();
  });
  return letIn;
}

test("the first words need no script, and nothing moves when it comes", async ({
  studio: { page },
}) => {
  await page.addInitScript(() => {
    const seen = { shift: 0, largest: [] as string[] };
    Object.assign(window, { seen });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.shift += Object(entry).value;
    }).observe({ type: "layout-shift", buffered: true });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        seen.largest.push(Object(entry).element?.textContent);
    }).observe({ type: "largest-contentful-paint", buffered: true });
  });
  const letIn = await holdScripts(page);
  await page.goto("/", { waitUntil: "commit" });
  await expect(page.getByText("What shall it be?")).toBeVisible();
  await expect(page.getByRole("button", { name: "a rocket in space" })).toBeVisible();
  await expect(page.getByText("Paints two by two pixels.")).toBeVisible();
  await expect(page.getByRole("button", { name: /^Service status/ })).toContainText(
    "Ready",
  );
  const seen = () =>
    page.evaluate(() => Object(window).seen as { shift: number; largest: string[] });
  await expect.poll(async () => (await seen()).largest.length).toBeGreaterThan(0);
  const before = await seen();

  const isLive = page.waitForResponse("**/api/health");
  letIn();
  await isLive;
  await page.getByRole("button", { name: "a rocket in space" }).click();
  await expect(page.getByLabel("Prompt", { exact: true })).toHaveValue(
    "a rocket in space",
  );
  expect(await seen()).toEqual({ shift: 0, largest: before.largest });
});

test("what is done before the script comes is done when it has come", async ({
  studio: { page, prompt },
  gateway,
}) => {
  const letIn = await holdScripts(page);
  await page.goto("/", { waitUntil: "commit" });
  const address = page.url();
  await prompt.fill("a red bicycle");
  await page.getByText("More settings").click();
  await page.getByLabel("Steps", { exact: true }).fill("7");
  await page.getByRole("radio", { name: "2", exact: true }).check({ force: true });
  await page.getByRole("slider", { name: "Guidance" }).fill("6");
  await prompt.press("Enter");
  letIn();
  await gateway.generation();
  expect(gateway.requests).toMatchObject([
    {
      prompt: "a red bicycle",
      num_inference_steps: 7,
      num_images: 2,
      guidance_scale: 6,
    },
  ]);
  expect(page.url()).toBe(address);
});

test("an example that is chosen before the script comes is taken when it has come", async ({
  studio: { page, prompt, generate },
  gateway,
}) => {
  const letIn = await holdScripts(page);
  await page.goto("/", { waitUntil: "commit" });
  await page.getByRole("button", { name: "a rocket in space" }).click();
  await generate.click();
  letIn();
  await gateway.generation();
  await expect(prompt).toHaveValue("a rocket in space");
  expect(gateway.requests).toMatchObject([{ prompt: "a rocket in space" }]);
});

test("a model that loads is told of by the page itself", async ({
  studio: { page, banner },
  gateway,
}) => {
  gateway.server = { ...gateway.server, status: "loading", model_loaded: false };
  const letIn = await holdScripts(page);
  await page.goto("/", { waitUntil: "commit" });
  await expect(banner).toContainText("The model is loading");
  gateway.server = { ...gateway.server, status: "healthy", model_loaded: true };
  letIn();
  await expect(banner).toHaveCount(0);
  await expect(page.getByText("What shall it be?")).toBeVisible();
});
