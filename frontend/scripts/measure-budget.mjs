// How much JavaScript the browser loads before each page can be used, as sent (gzip).
// Ends with 1 above the limit; part of every build.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";

const PAGES = ["/", "/history", "/status"];
const TARGET_KB = 180;
const LIMIT_KB = 190;

// What old browsers alone load is `nomodule`.
const SCRIPT = /<script(?![^>]*nomodule)[^>]* src="([^"]+)"/gi;

const studio = await startStudio();
try {
  for (const path of PAGES) {
    const { files, totalKb } = await measure(path);
    const size = `${totalKb.toFixed(1)} KB gzip`.padStart(14);
    console.log(`${path.padEnd(9)} ${size} in ${files} files`);
    if (files === 0 || totalKb > LIMIT_KB) process.exitCode = 1;
  }
  console.log(`First-load JavaScript: target ${TARGET_KB} KB, limit ${LIMIT_KB} KB.`);
} finally {
  studio.stop();
}

async function measure(path) {
  const page = await (await fetch(studio.url + path)).text();
  const sources = new Set([...page.matchAll(SCRIPT)].map(([, source]) => source));
  const sizes = await Promise.all(
    [...sources].map(async (source) => {
      const script = await (await fetch(new URL(source, studio.url))).arrayBuffer();
      return gzipSync(script).length;
    }),
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return { files: sources.size, totalKb: total / 1000 };
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
    await sleep(100);
  }
  throw new Error("The studio does not start.");
}
