import type { Locator, Page } from "@playwright/test";
import type { GatewayHealth } from "../src/lib/api/generated";
import { sidewaysPx, violations } from "./support/axe";
import { expect, test } from "./support/fixtures";

test.use({ expectsFailedCalls: true });

function tier(page: Page, name: string): Locator {
  return page
    .getByRole("region", { name: "The three tiers" })
    .getByRole("listitem")
    .filter({ has: page.getByRole("heading", { name }) });
}

/** As the studio does it: the answer is there long before the picture. */
async function paintLater(page: Page, numInferenceSteps: number): Promise<number> {
  return page.evaluate(async (num_inference_steps) => {
    const answer = await fetch("/api/generate", {
      method: "POST",
      headers: { "content-type": "application/json", prefer: "respond-async" },
      body: JSON.stringify({ prompt: "a red bicycle", num_inference_steps }),
    });
    return answer.status;
  }, numInferenceSteps);
}

/** Waits for the answer, as a script does; resolves when the picture is there. */
async function paint(page: Page, numInferenceSteps: number): Promise<number> {
  return page.evaluate(async (num_inference_steps) => {
    const answer = await fetch("/api/generate", {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ prompt: "a red bicycle", num_inference_steps }),
    });
    await answer.arrayBuffer();
    return answer.status;
  }, numInferenceSteps);
}

test("the three tiers and the servers tell what they are", async ({ studio }) => {
  const { page } = studio;
  await page.goto("/status");
  await expect(page).toHaveTitle("Status · Easel");
  await expect(tier(page, "Studio")).toContainText("Running");
  await expect(tier(page, "Gateway")).toContainText("10 at a time, 40 in the queue");
  await expect(tier(page, "Gateway")).toContainText("Running since");
  await expect(tier(page, "Text-to-image server")).toContainText("Ready to paint");
  await expect(tier(page, "Text-to-image server")).toContainText("cpu");
  const servers = page.getByRole("table", { name: "Text-to-image servers" });
  await expect(servers.getByRole("row")).toHaveCount(2);
  await expect(servers).toContainText("fake");
  for (const [name, path] of [
    ["Metrics (Prometheus)", "/api/metrics"],
    ["Health (JSON)", "/api/health"],
  ] as const) {
    const link = page.getByRole("link", { name });
    await expect(link).toHaveAttribute("href", path);
    expect((await page.request.get(path)).status()).toBe(200);
  }
});

test("a generation moves the numbers", async ({ studio, stack }) => {
  await stack.server.kill();
  await stack.server.start();
  const { page } = studio;
  await page.goto("/status");
  await expect(page.getByText(/^All is well/)).toBeVisible();
  const generations = page.getByRole("region", { name: "Generations" });
  await expect(generations).toContainText("0 being painted, 0 waiting");
  const painted = paint(page, 150);
  await expect(generations).toContainText("1 being painted, 0 waiting");
  await expect(generations.getByRole("img", { name: "Generations" })).toBeVisible();
  expect(await painted).toBe(200);
  await expect(generations).toContainText("0 being painted, 0 waiting");
  await expect(generations).toContainText(
    "being painted: between 0 and 1, at last 0. waiting: between 0 and 0, at last 0.",
  );
  await expectOnePicture(page);
});

test("a generation that nobody waits for counts with all of its time", async ({
  studio,
  stack,
}) => {
  await stack.server.kill();
  await stack.server.start();
  const { page } = studio;
  await page.goto("/status");
  await expect(
    page.getByText("All is well. How long a picture takes is not known yet."),
  ).toBeVisible();
  const generations = page.getByRole("region", { name: "Generations" });
  expect(await paintLater(page, 150)).toBe(202);
  await expect(generations).toContainText("1 being painted, 0 waiting");
  await expect(generations).toContainText("0 being painted, 0 waiting");
  await expectOnePicture(page);
  // 150 steps of 50 ms, and not the moment that the answer took.
  const sentence = page.getByText(/^All is well: a picture takes about [\d.]+\ss\.$/);
  const [, seconds] = /about ([\d.]+)/.exec(await sentence.innerText()) ?? [];
  expect(Number(seconds)).toBeGreaterThan(7);
});

/** One generation, completed: every number that tells of it. */
async function expectOnePicture(page: Page): Promise<void> {
  const pictures = page.getByRole("region", { name: "Pictures per minute" });
  await expect(pictures).toContainText("1 picture in the last");
  const time = page.getByRole("region", { name: "Time to a picture" });
  await expect(time).toContainText(/half were ready within \d/);
  await expect(page.getByText(/^All is well: a picture takes about \d/)).toBeVisible();
  await expect(page.getByRole("region", { name: "Failures" })).toContainText("0%");
  const server = page.getByRole("table").getByRole("row").nth(1);
  await expect(server.getByRole("cell").nth(4)).toContainText(/95 of 100: \d/);
}

test("a dead server changes the words, and its return is told", async ({
  studio,
  stack,
}) => {
  const { page } = studio;
  await page.goto("/status");
  await expect(page.getByText(/^All is well/)).toBeVisible();
  await stack.server.kill();
  await expect(
    page.getByText(
      "Nothing can be painted at the moment: the text-to-image server cannot be reached.",
    ),
  ).toBeVisible();
  const server = tier(page, "Text-to-image server");
  await expect(server).toContainText("Cannot be reached");
  await expect(server).toContainText("not there, since");
  await expect(page.getByRole("table")).toContainText("Away");
  await expect(studio.liveRegion.first()).toContainText(
    "Cannot connect to text-to-image server",
  );
  expect(await paint(page, 1)).toBe(502);
  await expect(page.getByRole("region", { name: "Failures" })).toContainText(
    "1 generation found no server, no room or no time at the gateway",
  );

  await stack.server.start();
  await expect(
    page.getByText("All is well. How long a picture takes is not known yet."),
  ).toBeVisible();
  await expect(server).toContainText("Ready to paint");
  await expect(server).toContainText(/Last problem\s*not there, .* to /);
});

test("a dead gateway is named, what was seen stays, and nothing else is claimed", async ({
  studio,
  stack,
}) => {
  const { page } = studio;
  await page.goto("/status");
  const pictures = page.getByRole("region", { name: "Pictures per minute" });
  await expect(pictures).toBeVisible();
  await stack.gateway.kill();
  await expect(page.getByText(/the gateway cannot be reached\.$/)).toBeVisible();
  await expect(tier(page, "Gateway")).toContainText("Cannot be reached");
  await expect(tier(page, "Text-to-image server")).toContainText("Not known");
  await expect(page.getByText("only the gateway can tell")).toBeVisible();
  await expect(page.getByText(/The last ones are of/)).toBeVisible();
  await expect(pictures).toBeVisible();
  await stack.gateway.start();
  await expect(page.getByText(/^All is well/)).toBeVisible();
  await expect(page.getByText(/The last ones are of/)).toHaveCount(0);
});

test("numbers that need a token are said to need one, and the rest is shown", async ({
  studio,
}) => {
  const { page } = studio;
  await page.route("**/api/metrics", (route) => route.fulfill({ status: 401 }));
  await page.goto("/status");
  await expect(
    page.getByText(/only to those who have its metrics token/),
  ).toBeVisible();
  await expect(page.getByText(/^All is well/)).toBeVisible();
  const generations = page.getByRole("region", { name: "Generations" });
  await expect(generations).toContainText("0 being painted, 0 waiting");
});

test("a device that is offline claims nothing", async ({ studio }) => {
  const { page } = studio;
  await page.goto("/status");
  await expect(page.getByText(/^All is well/)).toBeVisible();
  await page.context().setOffline(true);
  await expect(page.getByText(/^This device is offline; how/)).toBeVisible();
  await page.context().setOffline(false);
  await expect(page.getByText(/^All is well/)).toBeVisible();
});

test("updates can be paused by keyboard, and nothing moves then", async ({
  studio,
  stack,
}) => {
  const { page } = studio;
  await studio.goTo("/status");
  await expect(page.getByText(/^All is well/)).toBeVisible();
  const pause = page.getByRole("button", { name: "Pause updates" });
  await pause.focus();
  await page.keyboard.press("Enter");
  await expect(pause).toHaveAttribute("aria-pressed", "true");
  await expect(page.getByText(/^Paused: what you see is of/)).toBeVisible();
  const asked = page.waitForRequest(/\/api\/health/);
  await stack.server.kill();
  await asked;
  await expect(page.getByText(/^All is well/)).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByText(/^Nothing can be painted/)).toBeVisible();
  await stack.server.start();
  await expect(page.getByText(/^All is well/)).toBeVisible();
});

test("the studio leads there without a reload, and what it knew is known", async ({
  studio,
}) => {
  const { page } = studio;
  await studio.open();
  await page.evaluate(() => Object.assign(window, { isSamePage: true }));
  await studio.status.click();
  await page.getByRole("link", { name: "All about the service" }).click();
  await expect(page.getByRole("heading", { name: "Status", level: 1 })).toBeVisible();
  await expect(page.getByText(/^All is well/)).toBeVisible();
  await page.getByRole("link", { name: "Studio", exact: true }).click();
  await expect(studio.prompt).toBeVisible();
  expect(await page.evaluate(() => "isSamePage" in window)).toBe(true);
});

test.describe("in German", () => {
  test.use({ locale: "de-DE" });

  test("the screen has German words and numbers", async ({ studio }) => {
    const { page } = studio;
    await page.goto("/status");
    await expect(page.getByText(/^Alles in Ordnung/)).toBeVisible();
    await expect(page.getByRole("region", { name: "Bilder pro Minute" })).toBeVisible();
  });
});

/** One of two servers away, a queue before the other. */
function busy(health: GatewayHealth): GatewayHealth {
  const [first] = health.replicas;
  if (!first) throw new Error("a gateway without servers");
  return {
    ...health,
    queue: { ...health.queue, in_flight: 10, waiting: 6 },
    replicas: [
      { ...first, id: "gpu-a", state: "busy", outstanding: 5, backlog_s: 4.9 },
      {
        ...first,
        url: "http://a-rather-long-host-name.example.internal:8001",
        id: "gpu-b",
        state: "unhealthy",
        detail: "Cannot connect to text-to-image server",
      },
    ],
  };
}

for (const width of [1280, 320]) {
  for (const colorScheme of ["light", "dark"] as const) {
    test.describe(`${width} px, ${colorScheme}`, () => {
      test.use({ viewport: { width, height: 900 }, colorScheme });

      test("no state has an axe violation or scrolls sideways", async ({
        studio,
        stack,
      }) => {
        const { page } = studio;
        const check = async (state: string) => {
          expect.soft(await violations(page), state).toEqual([]);
          expect.soft(await sidewaysPx(page), `${state}: sideways`).toBe(0);
          const folder = process.env.STATE_SCREENSHOTS;
          if (folder) {
            const path = `${folder}/status-${width}-${colorScheme}-${state}.png`;
            await page.screenshot({ path, fullPage: true });
          }
        };
        await page.goto("/status");
        await expect(page.getByText(/^All is well/)).toBeVisible();
        const pictures = page.getByRole("region", { name: "Pictures per minute" });
        await expect(pictures).toBeVisible();
        expect(await paint(page, 4)).toBe(200);
        await expect(pictures).toContainText(/\d pictures? in the last \d/);
        await check("well");

        await page.route("**/api/health", async (route) => {
          const answer = await route.fetch();
          await route.fulfill({ json: busy(await answer.json()) });
        });
        await expect(page.getByText(/^One of 2 servers is away/)).toBeVisible();
        await check("one-away");
        await page.unrouteAll({ behavior: "wait" });

        await stack.gateway.kill();
        await expect(page.getByText(/the gateway cannot be reached\.$/)).toBeVisible();
        await expect(page.getByText(/The last ones are of/)).toBeVisible();
        await check("gateway-down");
        await stack.gateway.start();
      });
    });
  }
}

test("with the system's own colours, charts are still drawn", async ({ studio }) => {
  const { page } = studio;
  await page.emulateMedia({ forcedColors: "active", reducedMotion: "reduce" });
  await page.goto("/status");
  const chart = page.getByRole("img", { name: "Generations" });
  await expect(chart).toBeVisible();
  const { text, strokes } = await chart.evaluate((svg) => {
    const lines = [...svg.querySelectorAll("g > path:last-child")];
    return {
      text: getComputedStyle(document.body).color,
      strokes: lines.map((line) => getComputedStyle(line).stroke),
    };
  });
  expect(strokes).toEqual([text, text]);
});
