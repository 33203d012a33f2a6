/** The three tiers as they are shipped, on free ports. */

import { join } from "node:path";
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
    env: { PORT: String(port), HOSTNAME: "127.0.0.1", GATEWAY_URL: gatewayUrl },
    health: "/",
  });
}

export async function gatewayTier(serverUrl: string): Promise<Tier> {
  const port = await freePort();
  return new Tier(`http://127.0.0.1:${port}`, {
    file: PYTHON,
    args: ["main.py", "--port", String(port)],
    cwd: BACKEND,
    env: { TEXT2IMAGE_SERVER_URL: serverUrl },
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
