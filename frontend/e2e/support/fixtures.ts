import { existsSync } from "node:fs";
import { join } from "node:path";
import { test as base, expect } from "@playwright/test";
import { CHROMIUM_PATH } from "../../scripts/chromium.mjs";
import type { Tier } from "./process";
import { ScriptedGateway } from "./scripted-gateway";
import { StudioPage } from "./studio-page";
import { gatewayTier, serverTier, studioTier } from "./tiers";

const START_UP = { scope: "worker", timeout: 120_000 } as const;

type Guarded = {
  browserOrSkip: undefined;
  /** Set where a test breaks a tier: the browser then logs each failed call. */
  expectsFailedCalls: boolean;
  studio: StudioPage;
};

/** No test passes with a complaint in the console or a call to another origin. */
export const guardedTest = base.extend<Guarded>({
  browserOrSkip: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants a pattern here
    async ({}, use, testInfo) => {
      testInfo.skip(
        !existsSync(CHROMIUM_PATH),
        `there is no browser at ${CHROMIUM_PATH}`,
      );
      await use(undefined);
    },
    { auto: true },
  ],

  expectsFailedCalls: [false, { option: true }],

  studio: async ({ page, expectsFailedCalls }, use) => {
    const complaints: string[] = [];
    const origins = new Set<string>();
    page.on("console", (message) => {
      if (message.type() !== "error" && message.type() !== "warning") return;
      const isFailedCall = message.text().startsWith("Failed to load resource");
      if (!(isFailedCall && expectsFailedCalls)) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol !== "data:" && protocol !== "blob:") origins.add(origin);
    });
    await use(new StudioPage(page));
    expect(complaints, "errors and warnings in the console").toEqual([]);
    expect([...origins], "origins that were asked").toHaveLength(1);
  },
});

type Stack = { studio: Tier; gateway: Tier; server: Tier };

/** All three tiers, real. */
export const test = guardedTest.extend<object, { stepSeconds: number; stack: Stack }>({
  stepSeconds: [0.05, { option: true, scope: "worker" }],

  stack: [
    async ({ stepSeconds }, use, { project, workerIndex }) => {
      // Playwright empties this folder before each run.
      const dataDir = join(project.outputDir, `server-${workerIndex}`);
      const server = await serverTier(stepSeconds, dataDir);
      const gateway = await gatewayTier(
        server.url,
        join(project.outputDir, `gateway-${workerIndex}`),
      );
      const studio = await studioTier(gateway.url);
      try {
        await Promise.all([server.start(), gateway.start(), studio.start()]);
        await use({ server, gateway, studio });
      } finally {
        await Promise.all([studio.kill(), gateway.kill(), server.kill()]);
      }
    },
    START_UP,
  ],

  baseURL: async ({ stack }, use) => use(stack.studio.url),
});

type ScriptedStack = { studio: Tier; gateway: ScriptedGateway };

/** The real studio before a gateway that the test plays. */
export const scriptedTest = guardedTest.extend<
  { gateway: ScriptedGateway },
  { scriptedStack: ScriptedStack }
>({
  scriptedStack: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants a pattern here
    async ({}, use) => {
      const gateway = new ScriptedGateway();
      const studio = await studioTier(await gateway.start());
      try {
        await studio.start();
        await use({ studio, gateway });
      } finally {
        await studio.kill();
        await gateway.stop();
      }
    },
    START_UP,
  ],

  gateway: [
    async ({ scriptedStack: { gateway } }, use) => {
      gateway.reset();
      await use(gateway);
    },
    { auto: true },
  ],

  baseURL: async ({ scriptedStack }, use) => use(scriptedStack.studio.url),
});

export { expect };
