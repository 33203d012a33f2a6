import type { Problem } from "../src/lib/api/generated";
import { expect, scriptedTest as test } from "./support/fixtures";

function problem(part: Partial<Problem>): Problem {
  return {
    type: "about:blank",
    title: "Refused",
    status: 503,
    detail: "Refused",
    code: "internal_error",
    request_id: "req-1",
    ...part,
  };
}

test("place in the queue, then steps with an honest ETA", async ({
  studio,
  gateway,
}) => {
  await studio.open();
  await studio.prompt.fill("x");
  await studio.prompt.press("Enter");
  await expect(studio.page.getByText("Sending the prompt")).toBeVisible();
  const generation = await gateway.generation();
  generation.queued(3);
  await expect(studio.page.getByText("Place 3 in the queue")).toBeVisible();
  generation.send("queued", { position: 1, eta_s: 12 });
  await expect(studio.page.getByText("Next in the queue")).toBeVisible();
  generation.started().step(1, null);
  await expect(studio.page.getByText("Painting, step 1 of 16")).toBeVisible();
  await expect(studio.page.getByText("estimating the time")).toBeVisible();
  generation.step(8, 4.2);
  await expect(studio.page.getByText("about 4 s left")).toBeVisible();
  await expect(studio.liveRegion).toContainText("50 percent painted.");
  generation.step(16, 0);
  await expect(studio.page.getByText("Finishing the picture")).toBeVisible();
  generation.complete();
  await expect(studio.page.getByText(/^Painted at the model’s own/)).toBeVisible();
  await expect(studio.liveRegion).toContainText("The picture is ready.");
});

test("cancelling tells the gateway", async ({ studio, gateway }) => {
  await studio.open();
  await studio.prompt.fill("x");
  await studio.prompt.press("Enter");
  const generation = await gateway.generation();
  generation.queued(1);
  await expect(studio.page.getByText("Next in the queue")).toBeVisible();
  await studio.cancel.click();
  await expect(studio.page.getByText("Cancelled before it was finished")).toBeVisible();
  await generation.cancelled;
});

test("a model that loads is waited for", async ({ studio, gateway }) => {
  gateway.server = { ...gateway.server, status: "loading", model_loaded: false };
  await studio.page.goto("/");
  await expect(studio.banner).toContainText("The model is loading");
  await expect(studio.status).toContainText("Model loading");
  gateway.server = { ...gateway.server, status: "healthy", model_loaded: true };
  await expect(studio.banner).toHaveCount(0);
  await expect(studio.page.getByText("What shall it be?")).toBeVisible();
});

test("a larger size of a model that enlarges is called enlarged", async ({
  studio,
  gateway,
}) => {
  await studio.open();
  await studio.page.getByText("512 × 512").click();
  await expect(studio.page.getByText(/no more detail/)).toBeVisible();
  await studio.prompt.fill("x");
  await studio.prompt.press("Enter");
  await gateway.generation();
  expect(gateway.requests[0]).toMatchObject({ width: 512, height: 512 });
});

test("controls that the model has no use for are absent", async ({
  studio,
  gateway,
}) => {
  const features = { negative_prompt: false, guidance_scale: false, previews: true };
  gateway.models = gateway.models.map((one) => ({ ...one, features, max_images: 1 }));
  await studio.open();
  await studio.page.getByText("More settings").click();
  await expect(studio.page.getByLabel("Steps", { exact: true })).toBeVisible();
  await expect(studio.page.getByLabel("Negative prompt")).toHaveCount(0);
  await expect(studio.page.getByLabel("Guidance", { exact: true })).toHaveCount(0);
  await expect(studio.page.getByRole("group", { name: "Images" })).toHaveCount(0);
  await expect(studio.page.getByLabel("Model")).toHaveCount(0);
});

test("with two models there is a choice", async ({ studio, gateway }) => {
  const [first] = gateway.models;
  if (!first) throw new Error("no model");
  gateway.models = [first, { ...first, id: "second", display_name: "Second" }];
  await studio.open();
  await studio.page.getByRole("group", { name: "Model" }).getByRole("button").click();
  await studio.page.getByRole("button", { name: "Second" }).click();
  await studio.prompt.fill("x");
  await studio.prompt.press("Enter");
  await gateway.generation();
  expect(gateway.requests[0]).toMatchObject({ model: "second" });
});

test("Generate and the picture stay in sight while settings are changed", async ({
  studio,
}) => {
  await studio.open();
  await studio.setMore("Steps", "20");
  const steps = studio.page.getByLabel("Steps", { exact: true });
  await steps.scrollIntoViewIfNeeded();
  await expect(steps).toBeInViewport({ ratio: 1 });
  await expect(studio.generate).toBeInViewport({ ratio: 1 });
  await expect(studio.page.getByText("What shall it be?")).toBeInViewport({ ratio: 1 });
  await expect(studio.status).toBeInViewport({ ratio: 1 });
});

test("an empty prompt is refused where it is typed", async ({ studio, gateway }) => {
  await studio.open();
  await studio.generate.click();
  await expect(studio.prompt).toBeFocused();
  await expect(studio.prompt).toHaveAccessibleDescription(
    "Say what the picture shows.",
  );
  expect(gateway.requests).toEqual([]);
});

test("a bad seed is refused, also where it is folded away", async ({
  studio,
  gateway,
}) => {
  await studio.open();
  await studio.prompt.fill("x");
  await studio.setMore("Seed", "seven");
  await studio.page.getByText("More settings").click();
  await studio.generate.click();
  const seed = studio.page.getByLabel("Seed", { exact: true });
  await expect(seed).toBeFocused();
  await expect(seed).toHaveAccessibleDescription(/whole number/);
  expect(gateway.requests).toEqual([]);
});

test.describe("refusals", () => {
  test.use({ expectsFailedCalls: true });

  test("what the server names is marked, with its own words", async ({
    studio,
    gateway,
  }) => {
    const detail = "num_inference_steps: 16 is outside of the model's 1 to 8";
    const param = "num_inference_steps";
    gateway.refusal = problem({ status: 422, code: "invalid_request", param, detail });
    await studio.open();
    await studio.prompt.fill("x");
    await studio.prompt.press("Enter");
    const steps = studio.page.getByLabel("Steps", { exact: true });
    await expect(steps).toBeFocused();
    await expect(steps).toHaveAccessibleDescription(detail);
    await expect(studio.failure).toContainText("req-1");
  });

  test("an answer that is no JSON is put into words", async ({ studio, gateway }) => {
    gateway.nonsense = "<h1>Oops</h1>";
    await studio.open();
    await studio.prompt.fill("x");
    await studio.prompt.press("Enter");
    await expect(studio.failure).toContainText("Something went wrong");
    await expect(studio.failure).toContainText("status 500");
    await expect(studio.prompt).toHaveValue("x");
  });

  test("a full queue counts down, then lets go", async ({ studio, gateway }) => {
    gateway.refusal = problem({ code: "queue_full", retry_after_s: 2 });
    await studio.open();
    await studio.prompt.fill("x");
    await studio.prompt.press("Enter");
    await expect(studio.failure).toContainText("The server is busy");
    await expect(studio.page.getByRole("button", { name: /^Wait/ })).toBeDisabled();
    await expect(studio.generate).toBeEnabled();
    await expect(studio.prompt).toHaveValue("x");
  });

  test("what fails while another is on the stage does not vanish", async ({
    studio,
    gateway,
  }) => {
    await studio.open();
    await studio.prompt.fill("the first");
    await studio.prompt.press("Enter");
    const first = await gateway.generation();
    first.queued(1).started().step(2, null);
    await studio.prompt.fill("the second");
    await studio.prompt.press("Enter");
    (await gateway.generation()).queued(2);
    first.fail(problem({ code: "engine_failed", status: 500, detail: "It broke." }));
    const show = studio.page.getByRole("button", { name: "Show: the first" });
    await expect(show).toContainText("failed");
    await show.click();
    await expect(studio.failure).toContainText("It broke.");
  });

  test("out of memory offers a smaller size, which works", async ({
    studio,
    gateway,
  }) => {
    gateway.refusal = problem({ code: "out_of_memory", retry_after_s: 60 });
    await studio.open();
    await studio.page.getByText("1024 × 1024").click();
    await studio.prompt.fill("x");
    await studio.prompt.press("Enter");
    await expect(studio.failure).toContainText("Not enough memory");
    gateway.refusal = null;
    const smaller = studio.page.getByRole("button", { name: "Try 512 × 512" });
    await expect(smaller).toBeInViewport({ ratio: 1 });
    await smaller.click();
    (await gateway.generation()).queued(1).complete();
    await expect(studio.download).toBeVisible();
    expect(gateway.requests[0]).toMatchObject({ width: 512, height: 512 });
  });

  test("a broken stream is opened again where it ended", async ({
    studio,
    gateway,
  }) => {
    await studio.open();
    await studio.prompt.fill("x");
    await studio.prompt.press("Enter");
    const generation = await gateway.generation();
    generation.queued(1).started().step(1, null);
    await expect(studio.preview).toBeVisible();
    generation.breakOff();
    await expect(studio.page.getByText("Connection lost")).toBeVisible();
    await expect(studio.preview).toBeVisible();
    await expect(studio.page.getByText("Painting, step 1 of 16")).toBeVisible();
    generation.step(9, 3);
    await expect(studio.page.getByText("Painting, step 9 of 16")).toBeVisible();
  });
});
