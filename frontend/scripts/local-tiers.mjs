// The three tiers on free ports of this machine, for scripts that measure.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const FRONTEND = join(import.meta.dirname, "..");
const BACKEND = join(FRONTEND, "..", "backend");
const PYTHON = process.env.PYTHON ?? join(BACKEND, ".venv", "bin", "python");

/**
 * The built studio before a real gateway before a real server that paints nothing.
 *
 * @param {number} stepSeconds how long the server's fake model takes for a step.
 */
export async function startTiers(stepSeconds) {
  const folder = await mkdtemp(join(tmpdir(), "easel-measure-"));
  const children = [];
  const stop = async () => {
    for (const child of children.filter(isAlive)) child.kill();
    await Promise.all(children.map(exited));
    await rm(folder, { recursive: true, force: true });
  };
  const start = async (health, file, cwd, argsFor, env = {}) => {
    const port = String(await freePort());
    const child = spawn(file, argsFor(port), {
      cwd,
      env: { ...process.env, PORT: port, HOSTNAME: "127.0.0.1", ...env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    children.push(child);
    // Their logs are of interest only if they do not start.
    let log = "";
    const keep = (said) => {
      log = (log + said).slice(-4_000);
    };
    child.stderr.on("data", keep);
    child.on("error", keep);
    const url = `http://127.0.0.1:${port}`;
    if (await answers(child, url + health)) return url;
    throw new Error(`${child.spawnargs.join(" ")} does not start:\n${log}`);
  };
  try {
    const server = await start("/readyz", PYTHON, BACKEND, (port) => [
      "text2image_server.py",
      ...["--port", port, "--model", "fake", "--data-dir", join(folder, "server")],
      ...["--fake-step-seconds", String(stepSeconds)],
    ]);
    const gateway = await start(
      "/readyz",
      PYTHON,
      BACKEND,
      (port) => ["main.py", "--port", port, "--data-dir", join(folder, "gateway")],
      { TEXT2IMAGE_SERVER_URL: server },
    );
    const studio = await start(
      "/",
      process.execPath,
      FRONTEND,
      () => [join("scripts", "start.mjs")],
      { GATEWAY_URL: gateway },
    );
    return { server, gateway, studio, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits until it does; false if it stops before. */
async function answers(child, url) {
  while (isAlive(child)) {
    const isReady = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (isReady) return true;
    await sleep(100);
  }
  return false;
}

async function exited(child) {
  if (isAlive(child)) await once(child, "exit");
}

function isAlive({ pid, exitCode, signalCode }) {
  return pid !== undefined && exitCode === null && signalCode === null;
}

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}
