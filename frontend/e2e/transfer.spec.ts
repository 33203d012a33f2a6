import { readFile } from "node:fs/promises";
import type { Download, Locator, Page } from "@playwright/test";
import {
  exif,
  exifSegment,
  iTXt,
  JFIF,
  jpeg,
  png,
  tEXt,
  unicodeComment,
} from "../tests/lib/image-metadata/files";
import { sidewaysPx, violations } from "./support/axe";
import { expect, scriptedTest, test } from "./support/fixtures";

type Bytes = Uint8Array;

/** A file that comes from outside, at the middle of the window. */
async function bring(
  page: Page,
  how: "drop" | "paste",
  bytes: Bytes,
  type = "image/png",
) {
  await page.evaluate(
    ({ how, content, type }) => {
      const files = new DataTransfer();
      files.items.add(new File([new Uint8Array(content)], "picture", { type }));
      const event =
        how === "drop"
          ? new DragEvent("drop", {
              dataTransfer: files,
              bubbles: true,
              cancelable: true,
            })
          : new ClipboardEvent("paste", { clipboardData: files, bubbles: true });
      document.body.dispatchEvent(event);
    },
    { how, content: [...bytes], type },
  );
}

const dialog = (page: Page): Locator => page.getByRole("dialog");
const use = (page: Page): Locator =>
  page.getByRole("button", { name: "Use settings", exact: true });

const A1111 = `a lighthouse in a storm
Negative prompt: people
Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 123, Size: 512x512, Model: dreamshaper_8, Clip skip: 2, Version: v1.10.1`;

const SWARMUI = JSON.stringify({
  sui_image_params: {
    prompt: "a lighthouse in a storm",
    seed: 123,
    steps: 20,
    model: "sd_xl_base_1.0",
  },
});

const INVOKEAI = JSON.stringify({
  positive_prompt: "a lighthouse in a storm",
  seed: 123,
  steps: 20,
  clip_skip: 2,
});

const COMFYUI = JSON.stringify({
  "3": {
    class_type: "KSampler",
    inputs: {
      seed: 123,
      steps: 20,
      cfg: 7,
      sampler_name: "res_multistep",
      scheduler: "normal",
      positive: ["6", 0],
      latent_image: ["5", 0],
    },
  },
  "5": { class_type: "EmptyLatentImage", inputs: { width: 512, height: 512 } },
  "6": { class_type: "CLIPTextEncode", inputs: { text: "a lighthouse in a storm" } },
});

const EASEL = JSON.stringify({
  model: "gone",
  parameters: { prompt: "a lighthouse in a storm", seed: 123, num_inference_steps: 20 },
});

const FOREIGN: [tool: string, file: Bytes, leftOut: string][] = [
  ["AUTOMATIC1111", png(tEXt("parameters", A1111)), "Clip skip: 2"],
  [
    "AUTOMATIC1111",
    jpeg(JFIF, exifSegment(exif({ comment: unicodeComment(A1111) }))),
    "Clip skip: 2",
  ],
  ["SwarmUI", png(tEXt("parameters", SWARMUI)), "model: sd_xl_base_1.0"],
  ["InvokeAI", png(tEXt("invokeai_metadata", INVOKEAI)), "clip_skip: 2"],
  ["ComfyUI", png(tEXt("prompt", COMFYUI)), "sampler_name: res_multistep"],
  ["Easel", png(iTXt("easel", EASEL)), "Model: gone"],
];

scriptedTest(
  "files of five tools are read, and what is left out is named",
  async ({ studio }) => {
    const { page } = studio;
    await studio.open();
    for (const [tool, file, leftOut] of FOREIGN) {
      await studio.prompt.fill("");
      await bring(page, "drop", file);
      await expect(dialog(page)).toContainText(`as ${tool} writes it`);
      await expect(dialog(page)).toContainText(leftOut);
      await expect(dialog(page)).toContainText("123");
      // Nothing changes before it is confirmed.
      await expect(studio.prompt).toHaveValue("");
      await use(page).click();
      await expect(dialog(page)).toBeHidden();
      await expect(studio.prompt).toHaveValue("a lighthouse in a storm");
    }
  },
);

scriptedTest("an image comes by paste and by the button, too", async ({ studio }) => {
  const { page } = studio;
  await studio.open();
  await bring(page, "paste", png(tEXt("parameters", A1111)));
  await expect(dialog(page)).toContainText("AUTOMATIC1111");
  await page.keyboard.press("Escape");
  await expect(dialog(page)).toBeHidden();

  const button = page.getByRole("button", { name: "Read settings from an image…" });
  const chooser = page.waitForEvent("filechooser");
  await button.focus();
  await page.keyboard.press("Enter");
  const buffer = Buffer.from(png(tEXt("parameters", A1111)));
  await (await chooser).setFiles({ name: "a.png", mimeType: "image/png", buffer });
  await expect(use(page)).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(studio.prompt).toHaveValue("a lighthouse in a storm");
  await expect(button).toBeFocused();
});

scriptedTest("a silent image and a file that is none say so", async ({ studio }) => {
  const { page } = studio;
  await studio.open();
  await bring(page, "drop", png());
  await expect(dialog(page)).toContainText("This image does not say how it was made");
  await page.keyboard.press("Escape");
  await bring(page, "drop", new TextEncoder().encode("GIF89a"), "image/gif");
  await expect(dialog(page)).toContainText("This file cannot be used");
});

scriptedTest("a link fills in everything and sends nothing", async ({ studio }) => {
  const { page } = studio;
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST") sent.push(request.url());
  });
  await page.goto("/#prompt=a+b%C3%A4r+%F0%9F%A6%8A&seed=7&v=1");
  await expect(studio.prompt).toHaveValue("a bär 🦊");
  await expect(page.getByText("The settings of the link are filled in.")).toBeVisible();
  // A reload does not bring back what has been changed since.
  expect(new URL(page.url()).hash).toBe("");
  await expect(page.getByText("More settings")).toBeAttached();
  expect(sent).toEqual([]);
});

scriptedTest(
  "an older link, a newer and a broken one are told apart",
  async ({ studio }) => {
    const { page } = studio;
    await studio.open();
    for (const [fragment, notice, prompt] of [
      ["prompt=older", "The link is from an older Easel.", "older"],
      ["prompt=newer&mood=calm&v=99", "The link is from a newer Easel.", "newer"],
      ["prompt=partly&seed=-1&v=1", "except what cannot be: Seed.", "partly"],
      ["v=1&seed=%ff%zz", "This link could not be read.", "partly"],
    ] as const) {
      await page.evaluate((hash) => {
        location.hash = hash;
      }, fragment);
      await expect(page.getByText(notice)).toBeVisible();
      await expect(studio.prompt).toHaveValue(prompt);
    }
  },
);

async function contentOf(download: Promise<Download>) {
  const file = await download;
  return {
    name: file.suggestedFilename(),
    bytes: new Uint8Array(await readFile(await file.path())),
  };
}

test("downloads say how they were made, or not, in three formats", async ({
  studio,
}) => {
  const { page } = studio;
  await studio.open();
  await studio.setMore("Seed", "7");
  await studio.prompt.fill("A red fox, in the snow");
  await studio.prompt.press("Enter");
  await expect(studio.image).toBeVisible();

  const more = page.getByRole("button", { name: "More ways to download" });
  const withSettings = page.getByLabel("With settings");
  const downloadAs = async (format: RegExp, { keepsParameters = true } = {}) => {
    await more.click();
    await withSettings.setChecked(keepsParameters);
    const download = page.waitForEvent("download");
    await page.getByLabel("Download as").getByRole("button", { name: format }).click();
    return contentOf(download);
  };
  const read = async ({ bytes }: { bytes: Bytes }, type: string) => {
    await bring(page, "drop", bytes, type);
    await expect(dialog(page)).toBeVisible();
    const says = await dialog(page).innerText();
    await page.keyboard.press("Escape");
    return says;
  };

  for (const [format, ending, type] of [
    [/^PNG/, "png", "image/png"],
    [/^WebP/, "webp", "image/webp"],
    [/^JPEG/, "jpeg", "image/jpeg"],
  ] as const) {
    const file = await downloadAs(format);
    expect(file.name).toBe(`a-red-fox-in-the-snow-7.${ending}`);
    const says = await read(file, type);
    expect(says).toContain("as Easel writes it");
    expect(says).toContain("A red fox, in the snow");
    const stripped = await downloadAs(format, { keepsParameters: false });
    expect(await read(stripped, type)).toContain("does not say how it was made");
  }

  // The last choice is one press away, after a reload as well.
  await expect(page.getByRole("button", { name: "Download JPEG" })).toBeVisible();
});

for (const width of [1280, 320]) {
  for (const colorScheme of ["light", "dark"] as const) {
    scriptedTest.describe(`${width} px, ${colorScheme}`, () => {
      scriptedTest.use({ viewport: { width, height: 800 }, colorScheme });

      scriptedTest("what an image says has no axe violation", async ({ studio }) => {
        const { page } = studio;
        await studio.open();
        for (const [name, file] of [
          ["found", png(tEXt("parameters", A1111))],
          ["silent", png()],
        ] as const) {
          await bring(page, "drop", file);
          await expect(dialog(page)).toBeVisible();
          expect.soft(await violations(page), name).toEqual([]);
          expect.soft(await sidewaysPx(page), name).toBe(0);
          const folder = process.env.STATE_SCREENSHOTS;
          if (folder) {
            await page.screenshot({
              path: `${folder}/${width}-${colorScheme}-image-${name}.png`,
            });
          }
          await page.keyboard.press("Escape");
        }
      });
    });
  }
}
