import type { Page } from "@playwright/test";
import { expect, scriptedTest as test } from "./support/fixtures";
import { MODEL } from "./support/scripted-gateway";

// Everything that a model can honour.
const ABLE = {
  ...MODEL,
  state: "ready" as const,
  sizes: { ...MODEL.sizes, enlarges: false, native: [{ width: 512, height: 512 }] },
  defaults: { ...MODEL.defaults, width: 512, height: 512 },
  samplers: ["dpmpp_2m", "euler"],
  loras: ["moss", "frost"],
  features: {
    ...MODEL.features,
    image_to_image: true,
    inpainting: true,
    loras: true,
    exact: true,
  },
};

/** Answers with four characters a token. */
async function countTokens(page: Page): Promise<void> {
  await page.route("**/api/models/*/tokens", async (route) => {
    const { prompt }: { prompt: string } = route.request().postDataJSON();
    const tokens = 2 + Math.ceil(prompt.length / 4);
    await route.fulfill({
      json: {
        tokens,
        max_prompt_tokens: 77,
        is_cut: tokens > 77,
        used_characters: tokens > 77 ? 300 : null,
      },
    });
  });
}

/** A picture of one colour, as a file on disk would be. */
async function pictureFile(page: Page, width: number, height: number) {
  const base64 = await page.evaluate(
    ([across = 1, down = 1]) => {
      const canvas = document.createElement("canvas");
      Object.assign(canvas, { width: across, height: down });
      const context = canvas.getContext("2d");
      if (!context) throw new Error("no canvas");
      const sky = context.createLinearGradient(0, 0, across, down);
      sky.addColorStop(0, "skyblue");
      sky.addColorStop(1, "peru");
      context.fillStyle = sky;
      context.fillRect(0, 0, across, down);
      return canvas.toDataURL("image/png").split(",")[1] ?? "";
    },
    [width, height],
  );
  return {
    name: "picture.png",
    mimeType: "image/png",
    buffer: Buffer.from(base64, "base64"),
  };
}

/** How much of the picture behind `url` is white, its size, and whether all is b/w. */
async function whiteness(page: Page, url: string) {
  return page.evaluate(async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: image.width, height: image.height });
    const context = canvas.getContext("2d");
    if (!context) throw new Error("no canvas");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    let white = 0;
    let grey = 0;
    for (let at = 0; at < data.length; at += 4) {
      if (data[at] === 255) white += 1;
      else if (data[at] !== 0) grey += 1;
    }
    const pixels = image.width * image.height;
    return { width: image.width, height: image.height, share: white / pixels, grey };
  }, url);
}

test.beforeEach(async ({ page, gateway }) => {
  gateway.models = [ABLE];
  await countTokens(page);
});

test("the tokens of a prompt are counted, and a cut is told in words", async ({
  studio,
}) => {
  await studio.open();
  await studio.prompt.fill("a red bicycle");
  await expect(studio.page.getByText("6 / 77 tokens")).toBeVisible();
  await studio.prompt.fill("long ".repeat(100));
  await expect(studio.page.getByText("127 / 77 tokens")).toBeVisible();
  await expect(studio.prompt).toHaveAccessibleDescription(
    /reads only up to “long long long”/,
  );
  await studio.page.getByRole("button", { name: "Clear the prompt" }).click();
  await expect(studio.prompt).toHaveValue("");
  await expect(studio.prompt).toBeFocused();
  await expect(studio.page.getByText(/77 tokens/)).toHaveCount(0);
});

test("Up brings earlier prompts, Down the draft back", async ({ studio, gateway }) => {
  await studio.open();
  for (const prompt of ["first", "second"]) {
    await studio.prompt.fill(prompt);
    await studio.prompt.press("Enter");
    (await gateway.generation()).queued(1).complete();
    await expect(studio.download).toBeVisible();
  }
  await studio.prompt.fill("one line\nanother");
  await studio.prompt.press("ArrowUp");
  await expect(studio.prompt).toHaveValue("one line\nanother");
  await studio.prompt.press("ArrowUp");
  await expect(studio.prompt).toHaveValue("second");
  await studio.prompt.press("ArrowUp");
  await expect(studio.prompt).toHaveValue("first");
  await expect(studio.page.getByText("Earlier prompt 2 of 2")).toBeAttached();
  await studio.prompt.press("ArrowDown");
  await studio.prompt.press("ArrowDown");
  await expect(studio.prompt).toHaveValue("one line\nanother");
});

test("in a line that is broken on screen, Up stays in the prompt", async ({
  studio,
  gateway,
}) => {
  await studio.open();
  await studio.prompt.fill("earlier");
  await studio.prompt.press("Enter");
  (await gateway.generation()).queued(1).complete();
  await expect(studio.download).toBeVisible();
  const long = "a lighthouse in a storm ".repeat(8).trim();
  await studio.prompt.fill(long);
  await studio.prompt.press("ArrowUp");
  await expect(studio.prompt).toHaveValue(long);
});

test("what is set survives a reload", async ({ studio }) => {
  await studio.open();
  await studio.prompt.fill("kept");
  await studio.setMore("Steps", "33");
  await studio.page.getByRole("button", { name: "Watercolour" }).click();
  await studio.page.reload();
  await expect(studio.prompt).toHaveValue("kept");
  await expect(studio.page.getByText("33 steps")).toBeVisible();
  await expect(
    studio.page.getByRole("button", { name: "Watercolour" }),
  ).toHaveAttribute("aria-pressed", "true");
});

test("all that is set is in the request", async ({ studio, gateway }) => {
  const { page } = studio;
  await studio.open();
  await studio.prompt.fill("a bicycle");
  await page.getByRole("button", { name: "Oil painting" }).click();
  await page.getByLabel("Width", { exact: true }).fill("640");
  await page.getByLabel("Height", { exact: true }).fill("384");
  await page.getByRole("button", { name: "Swap width and height" }).click();
  await studio.setMore("Steps", "20");
  await page.getByLabel("Sampler").selectOption("euler");
  await page.getByLabel("Add a LoRA").selectOption("moss");
  await page.getByLabel("Weight of moss").fill("0.6");
  await page.getByLabel("Exact to the bit").check();
  await studio.generate.click();
  await gateway.generation();
  expect(gateway.requests[0]).toMatchObject({
    prompt: "an oil painting of a bicycle, visible brush strokes, rich colours",
    width: 384,
    height: 640,
    num_inference_steps: 20,
    sampler: "euler",
    loras: [{ id: "moss", scale: 0.6 }],
    determinism: "exact",
  });
});

test("with the ratio kept, the other side follows", async ({ studio }) => {
  const { page } = studio;
  await studio.open();
  await page.getByLabel("Width", { exact: true }).fill("768");
  await page.getByRole("button", { name: "Keep the ratio" }).click();
  await page.getByLabel("Height", { exact: true }).fill("1024");
  await expect(page.getByLabel("Width", { exact: true })).toHaveValue("1536");
});

test("a size that the model does not take is refused with its limits", async ({
  studio,
  gateway,
}) => {
  await studio.open();
  await studio.prompt.fill("x");
  const width = studio.page.getByLabel("Width", { exact: true });
  await width.fill("515");
  await studio.generate.click();
  await expect(width).toBeFocused();
  await expect(width).toHaveAccessibleDescription(
    "From 128 to 2048 pixels, in steps of 8.",
  );
  expect(gateway.requests).toEqual([]);
});

test("models are told apart by what they can do and how they stand", async ({
  studio,
  gateway,
}) => {
  const second = {
    ...MODEL,
    id: "second",
    display_name: "Second",
    description: "Paints smaller, and faster.",
    state: "unloaded" as const,
  };
  gateway.models = [ABLE, second];
  await studio.open();
  const opener = studio.page.getByRole("group", { name: "Model" }).getByRole("button");
  // What is ready needs no word: the header says it.
  await expect(opener).toHaveText("Scripted");
  await opener.click();
  const dialog = studio.page.getByRole("dialog", { name: "Choose a model" });
  await expect(dialog.getByText("Starts from an image")).toHaveCount(1);
  await expect(dialog.getByText(/^Not loaded yet/)).toBeVisible();
  await dialog.getByRole("button", { name: "Second" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(opener).toHaveText(/^Second/);
  await expect(opener).toBeFocused();
});

test("an image to start from is made smaller and sent with its strength", async ({
  studio,
  gateway,
}) => {
  const { page } = studio;
  await studio.open();
  await studio.prompt.fill("x");
  await page
    .getByLabel("Choose an image")
    .setInputFiles(await pictureFile(page, 3000, 1500));
  await expect(page.getByAltText("The image to start from")).toBeVisible();
  await page.getByRole("button", { name: "Take its shape" }).click();
  await page.getByLabel("Strength", { exact: true }).fill("0.35");
  await studio.generate.click();
  await gateway.generation();
  const [request] = gateway.requests;
  expect(request).toMatchObject({ strength: 0.35, width: 728, height: 360 });
  expect(request).not.toHaveProperty("mask");
  const sent = await whiteness(page, request?.image ?? "");
  expect(sent).toMatchObject({ width: 2048, height: 1024 });
  await page.getByRole("button", { name: "Remove the image" }).click();
  await expect(page.getByLabel("Choose an image")).toBeAttached();
  await expect(page.getByLabel("Strength", { exact: true })).toHaveCount(0);
});

test("what is no image is told so", async ({ studio }) => {
  const { page } = studio;
  await studio.open();
  await page.getByLabel("Choose an image").setInputFiles({
    name: "notes.png",
    mimeType: "image/png",
    buffer: Buffer.from("no picture"),
  });
  await expect(page.getByText("This browser cannot read that")).toBeVisible();
});

test("an image is dropped", async ({ studio }) => {
  const { page } = studio;
  await studio.open();
  const file = await pictureFile(page, 64, 64);
  const dropped = await page.evaluateHandle(
    (bytes) => {
      const transfer = new DataTransfer();
      const content = new Uint8Array(bytes);
      transfer.items.add(new File([content], "picture.png", { type: "image/png" }));
      return transfer;
    },
    [...file.buffer],
  );
  const zone = page.getByText("or drop or paste one here");
  await zone.dispatchEvent("drop", { dataTransfer: dropped });
  await expect(page.getByAltText("The image to start from")).toBeVisible();
});

test.describe("a part to repaint", () => {
  test.beforeEach(async ({ studio, page }) => {
    await studio.open();
    await studio.prompt.fill("x");
    const file = await pictureFile(page, 600, 400);
    await page.getByLabel("Choose an image").setInputFiles(file);
    await page.getByRole("button", { name: "Repaint only a part" }).click();
    await expect(page.getByText("Nothing is marked.")).toBeVisible();
  });

  async function sentMask(studio: { page: Page }, masks: { mask?: string | null }[]) {
    const mask = masks.at(-1)?.mask;
    return mask ? whiteness(studio.page, mask) : null;
  }

  test("is drawn with the mouse, undone and inverted", async ({ studio, gateway }) => {
    const { page } = studio;
    const canvas = page.getByRole("img", { name: "The image with the marked part" });
    const box = await canvas.boundingBox();
    if (!box) throw new Error("no canvas");
    await page.mouse.move(box.x + box.width * 0.2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.8, box.y + box.height / 2, {
      steps: 5,
    });
    await page.mouse.up();
    await expect(page.getByText(/% of the image is marked/)).toBeVisible();
    await page.keyboard.press("Control+z");
    await expect(page.getByText("Nothing is marked.")).toBeVisible();
    await page.getByRole("button", { name: "Redo" }).click();
    await page.getByRole("button", { name: "Invert" }).click();
    await page.getByRole("button", { name: "Use this part" }).click();
    await studio.generate.click();
    await gateway.generation();
    const sent = await sentMask(studio, gateway.requests);
    expect(sent).toMatchObject({ width: 600, height: 400, grey: 0 });
    // All but a stroke of 0.6 widths in length and 0.12 heights in width, round at its ends.
    expect(sent?.share).toBeGreaterThan(0.89);
    expect(sent?.share).toBeLessThan(0.94);
  });

  test("is marked by the keyboard alone, and changed later", async ({
    studio,
    gateway,
  }) => {
    const { page } = studio;
    await page.getByText("Mark an area without drawing").press("Enter");
    await page.getByRole("button", { name: "Top half" }).press("Enter");
    await expect(page.getByText("50% of the image is marked.")).toBeVisible();
    await page.getByLabel("From left, %").fill("0");
    await page.getByLabel("From top, %").fill("0");
    await page.getByLabel("Width, %").fill("50");
    await page.getByLabel("Height, %").fill("50");
    await page.getByRole("button", { name: "Erase it" }).press("Enter");
    await expect(page.getByText("25% of the image is marked.")).toBeVisible();
    await page.getByRole("button", { name: "Use this part" }).press("Enter");

    await page.getByRole("button", { name: "Change the marked part" }).press("Enter");
    await expect(page.getByText("25% of the image is marked.")).toBeVisible();
    await page.getByRole("button", { name: "Invert" }).press("Enter");
    await page.getByRole("button", { name: "Use this part" }).press("Enter");
    await studio.prompt.press("Enter");
    await gateway.generation();
    const sent = await sentMask(studio, gateway.requests);
    expect(sent).toEqual({ width: 600, height: 400, share: 0.75, grey: 0 });
  });

  test("can be left out again", async ({ studio, gateway }) => {
    const { page } = studio;
    await page.getByRole("button", { name: "Mark all" }).click();
    await page.getByRole("button", { name: "Use this part" }).click();
    await page.getByRole("button", { name: "Repaint all of it" }).click();
    await studio.generate.click();
    await gateway.generation();
    expect(gateway.requests[0]).toHaveProperty("image");
    expect(gateway.requests[0]).not.toHaveProperty("mask");
  });
});
