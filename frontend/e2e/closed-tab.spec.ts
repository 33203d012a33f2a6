import { expect, test } from "./support/fixtures";

// A step must last longer than the news of a closed tab takes through three tiers.
test.use({ stepSeconds: 0.4 });

async function counter(serverUrl: string): Promise<number> {
  const text = await (await fetch(`${serverUrl}/metrics`)).text();
  return Number(/^easel_server_denoising_steps_total (\S+)/m.exec(text)?.[1] ?? 0);
}

async function running(serverUrl: string): Promise<number> {
  return (await (await fetch(`${serverUrl}/health`)).json()).running;
}

test("closing the tab stops the denoising within one step", async ({
  studio,
  stack,
}) => {
  const { url } = stack.server;
  await studio.open();
  await studio.setMore("Steps", "100");
  await studio.prompt.fill("nobody waits for this");
  await studio.prompt.press("Enter");
  await expect(studio.preview).toBeVisible();
  expect(await running(url)).toBe(1);

  const before = await counter(url);
  await studio.page.close();
  await expect.poll(() => running(url)).toBe(0);
  const after = await counter(url);
  test
    .info()
    .annotations.push({ type: "further steps", description: `${after - before}` });
  expect(after - before).toBeLessThanOrEqual(1);
});
