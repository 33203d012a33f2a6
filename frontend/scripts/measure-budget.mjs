// How much JavaScript the browser loads before each page can be used, as sent (gzip).
// Measures the build at STUDIO_URL, or starts the one in .next.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { chromium } from "@playwright/test";
import { CHROMIUM_ARGS, CHROMIUM_PATH } from "./chromium.mjs";

const PAGES = ["/", "/history", "/status"];
const TARGET_KB = 180;
const LIMIT_KB = 190;

const studio = process.env.STUDIO_URL
  ? { url: process.env.STUDIO_URL, stop: () => {} }
  : await startStudio();
const browser = await chromium.launch({
  executablePath: CHROMIUM_PATH,
  args: CHROMIUM_ARGS,
});
try {
  for (const path of PAGES) {
    const { files, totalKb } = await measure(path);
    const size = `${totalKb.toFixed(1)} KB gzip`.padStart(14);
    console.log(`${path.padEnd(9)} ${size} in ${files} files`);
    if (files === 0 || totalKb > LIMIT_KB) process.exitCode = 1;
  }
  console.log(`Target ${TARGET_KB} KB, limit ${LIMIT_KB} KB.`);
} finally {
  await browser.close();
  studio.stop();
}

/** In a browser that has loaded nothing yet. */
async function measure(path) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const scripts = [];
  page.on("requestfinished", (request) => {
    if (request.resourceType() === "script") scripts.push(request);
  });
  await page.goto(studio.url + path, { waitUntil: "networkidle" });
  const sizes = await Promise.all(
    scripts.map(async (request) => (await request.sizes()).responseBodySize),
  );
  await context.close();
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return { files: scripts.length, totalKb: total / 1000 };
}

async function startStudio() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  const child = spawn(process.execPath, [join(import.meta.dirname, "start.mjs")], {
    env: { ...process.env, PORT: String(port), HOSTNAME: "127.0.0.1" },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const url = `http://127.0.0.1:${port}`;
  while (child.exitCode === null) {
    const isReady = await fetch(url)
      .then((answer) => answer.ok)
      .catch(() => false);
    if (isReady) return { url, stop: () => child.kill() };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("The studio does not start.");
}
