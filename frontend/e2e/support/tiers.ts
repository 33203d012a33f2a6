/** The three tiers as they are shipped, on free ports. */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort, Tier } from "./process";

const FRONTEND = join(import.meta.dirname, "..", "..");
const BACKEND = join(FRONTEND, "..", "backend");
const PYTHON = process.env.PYTHON ?? join(BACKEND, ".venv", "bin", "python");

export async function studioTier(gatewayUrl: string): Promise<Tier> {
  const port = await freePort();
  return new Tier(`http://127.0.0.1:${port}`, {
    file: process.execPath,
    args: ["scripts/start.mjs"],
    cwd: FRONTEND,
    env: {
      ...{ PORT: String(port), HOSTNAME: "127.0.0.1", GATEWAY_URL: gatewayUrl },
      // What a page comes with is not to depend on how busy the machine is.
      PAGE_PATIENCE_MS: "10000",
    },
    health: "/",
  });
}

/** @param dataDir where its keys are; it is open while there are none. */
export async function gatewayTier(serverUrl: string, dataDir: string): Promise<Tier> {
  const port = await freePort();
  return new Tier(`http://127.0.0.1:${port}`, {
    file: PYTHON,
    args: ["main.py", "--port", String(port)],
    cwd: BACKEND,
    env: { TEXT2IMAGE_SERVER_URL: serverUrl, GATEWAY_DATA_DIR: dataDir },
    health: "/livez",
  });
}

export async function serverTier(stepSeconds: number, dataDir: string): Promise<Tier> {
  const port = await freePort();
  const args = {
    "--port": port,
    "--model": "fake",
    "--fake-step-seconds": stepSeconds,
    "--data-dir": dataDir,
  };
  return new Tier(`http://127.0.0.1:${port}`, {
    file: PYTHON,
    args: ["text2image_server.py", ...Object.entries(args).flat().map(String)],
    cwd: BACKEND,
    env: {},
    health: "/readyz",
  });
}

/** @returns a new key of the gateway that has its data in `dataDir`. */
export async function createKey(dataDir: string): Promise<string> {
  const args = ["-m", "easel", "keys", "create", "--name", "studio", "--json"];
  const env = { ...process.env, GATEWAY_DATA_DIR: dataDir };
  const { stdout } = await promisify(execFile)(PYTHON, args, { cwd: BACKEND, env });
  return JSON.parse(stdout).key;
}
