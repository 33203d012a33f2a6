// How soon the studio reacts, in Debian's Chromium before three real tiers and a model
// that paints nothing: the numbers that tests do not judge, because they depend on the
// machine.
//
//   npm run build && node scripts/measure-reactions.mjs
import { performance } from "node:perf_hooks";
import { chromium } from "@playwright/test";
import { CHROMIUM_ARGS, CHROMIUM_PATH } from "./chromium.mjs";
import { startTiers } from "./local-tiers.mjs";

const STEP_SECONDS = 0.1;
const PICTURES = 2_000;

const tiers = await startTiers(STEP_SECONDS);
const browser = await chromium.launch({
  executablePath: CHROMIUM_PATH,
  args: CHROMIUM_ARGS,
});
const rows = [];
try {
  await measure("largest contentful paint, ms", 500, 10, paintMs);
  await measure("Enter to a visible reaction, ms", 100, 20, reactionMs);
  await measure("layout shift over a generation", 0.02, 5, layoutShift);
  await measure("previews of a 30-step generation, at least", -6, 3, previews);
  await measure("reload to its progress again, ms", 1_000, 5, reloadMs);
  await measure(`a key of a search in ${PICTURES}, ms`, 100, 1, searchMs);
} finally {
  await browser.close();
  await tiers.stop();
}
report();

/** @param limit of the worst of all; a negative one is a least value. */
async function measure(name, limit, times, take) {
  const values = [];
  for (let time = 0; time < times; time++) {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 720 },
    });
    const page = await context.newPage();
    values.push(...[await take(page)].flat());
    await context.close();
  }
  values.sort((a, b) => a - b);
  rows.push({ name, limit, values });
}

async function open(page) {
  // Words are there before the script that makes the page live, which begins by this.
  const isLive = page.waitForRequest("**/api/health");
  await page.goto(tiers.studio);
  await isLive;
  await page.getByText("What shall it be?").waitFor();
}

function prompt(page) {
  return page.getByLabel("Prompt", { exact: true });
}

async function paintMs(page) {
  await page.goto(tiers.studio, { waitUntil: "networkidle" });
  return page.evaluate(
    () =>
      new Promise((resolve) => {
        new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime))
          // What has been painted already counts.
          .observe({ type: "largest-contentful-paint", buffered: true });
      }),
  );
}

/** From the key's own time stamp to the frame in which something new is seen. */
async function reactionMs(page) {
  await open(page);
  await prompt(page).fill("a red bicycle");
  await page.evaluate(() => {
    window.reaction = new Promise((resolve) => {
      document.addEventListener(
        "keydown",
        ({ timeStamp }) => {
          new MutationObserver(() => {
            if (!document.querySelector("main progress")) return;
            requestAnimationFrame(() => resolve(performance.now() - timeStamp));
          }).observe(document.body, { subtree: true, childList: true });
        },
        { capture: true, once: true },
      );
    });
  });
  await prompt(page).press("Enter");
  return page.evaluate(() => window.reaction);
}

async function layoutShift(page) {
  await page.addInitScript(() => {
    window.shifted = 0;
    new PerformanceObserver((list) => {
      for (const { value } of list.getEntries()) window.shifted += value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  await open(page);
  await paint(page);
  await page.getByRole("button", { name: /^Download/ }).waitFor();
  return page.evaluate(() => window.shifted);
}

async function previews(page) {
  await open(page);
  await page.evaluate(() => {
    window.seen = new Set();
    new MutationObserver(() => {
      const preview = document.querySelector('img[data-part="preview"]');
      if (preview) window.seen.add(preview.src);
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
  });
  await paint(page, 30);
  await page.getByRole("button", { name: /^Download/ }).waitFor();
  return page.evaluate(() => window.seen.size);
}

async function reloadMs(page) {
  await open(page);
  await paint(page, 100);
  await page.locator('img[data-part="preview"]').waitFor();
  const begun = performance.now();
  await page.reload({ waitUntil: "commit" });
  await page.getByText(/^Painting, step \d+ of 100$/).waitFor();
  return performance.now() - begun;
}

/** Each key of a word: until the frame that shows what it found. */
async function searchMs(page) {
  await page.goto(`${tiers.studio}/history`);
  await page.getByText("No pictures yet").waitFor();
  await page.evaluate(storePictures, PICTURES);
  await page.reload();
  const search = page.getByRole("searchbox");
  await search.focus();
  await page.evaluate(() => {
    window.times = [];
    const note = ({ timeStamp }) =>
      requestAnimationFrame(() => window.times.push(performance.now() - timeStamp));
    document.addEventListener("input", note, true);
  });
  for (const key of "golden violin") {
    await page.keyboard.press(key === " " ? "Space" : key);
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  return page.evaluate(() => window.times);
}

/** Runs in the page. */
async function storePictures(count) {
  const subjects = ["bicycle", "lighthouse", "teapot", "fox", "harbour", "violin"];
  const colours = ["red", "blue", "green", "golden", "grey"];
  const file = new Blob([new Uint8Array(64)], { type: "image/png" });
  const opening = indexedDB.open("easel");
  await new Promise((resolve) => {
    opening.onsuccess = resolve;
  });
  const writing = opening.result.transaction(["pictures", "files"], "readwrite");
  for (let index = 0; index < count; index++) {
    const id = `seed_${index}.0`;
    const text = `a ${colours[index % 5]} ${subjects[index % 6]}, number ${index}`;
    const size = { width: 512, height: 512 };
    writing.objectStore("files").put({ id, file, thumbnail: file });
    writing.objectStore("pictures").put({
      ...{ id, generationId: id, index: 0, ...size, mediaType: "image/png" },
      ...{ createdAt: Date.now() - index * 60_000, url: "/generations/none/images/0" },
      ...{ warnings: [], tookS: 2, isFavourite: false, trashedAt: null },
      recipe: {
        ...{ prompt: text, negativePrompt: "", model: "m", ...size, seed: index },
        ...{ numInferenceSteps: 16, guidanceScale: 4, numImages: 1, sampler: "euler" },
        ...{ loras: [], strength: null },
      },
    });
  }
  await new Promise((resolve) => {
    writing.oncomplete = resolve;
  });
  opening.result.close();
}

async function paint(page, steps = 16) {
  if (steps !== 16) {
    await page.getByText("More settings").click();
    await page.getByLabel("Steps", { exact: true }).fill(String(steps));
  }
  await prompt(page).fill("a red bicycle");
  await prompt(page).press("Enter");
}

function report() {
  console.log(
    `${"".padEnd(46)}${["median", "worst", "limit"].map((word) => word.padStart(10)).join("")}`,
  );
  for (const { name, limit, values } of rows) {
    const isLeast = limit < 0;
    const worst = isLeast ? values[0] : values.at(-1);
    const median = values[Math.floor(values.length / 2)];
    const cells = [median, worst, Math.abs(limit)].map((value) =>
      String(Number(value.toFixed(value < 1 ? 4 : 1))).padStart(10),
    );
    console.log(name.padEnd(46) + cells.join(""));
    if (isLeast ? worst < -limit : worst > limit) process.exitCode = 1;
  }
}
