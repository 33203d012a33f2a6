import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const START_UP_MS = 60_000;
const ASK_AGAIN_MS = 50;

/** A tier in a process of its own, ready when its health route answers. */
export class Tier {
  #child: ChildProcess | null = null;
  #output = "";

  constructor(
    readonly url: string,
    private readonly command: {
      file: string;
      args: string[];
      cwd: string;
      env: Record<string, string>;
      health: string;
    },
  ) {}

  async start(): Promise<void> {
    const { file, args, cwd, env, health } = this.command;
    const child = spawn(file, args, { cwd, env: { ...process.env, ...env } });
    const collect = (chunk: Buffer) => {
      this.#output = (this.#output + chunk).slice(-8_000);
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", (error) => collect(Buffer.from(String(error))));
    this.#child = child;
    const giveUpAt = Date.now() + START_UP_MS;
    while (!(await answers(this.url + health))) {
      if (child.exitCode !== null || child.pid === undefined || Date.now() > giveUpAt) {
        await this.kill();
        throw new Error(`${file} ${args.join(" ")} does not start:\n${this.#output}`);
      }
      await sleep(ASK_AGAIN_MS);
    }
  }

  /** As when the machine loses power: no goodbye. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** @returns the exit code. */
  async stop(): Promise<number | null> {
    return await this.#end("SIGTERM");
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.pid === undefined) return null;
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, "exit");
      child.kill(signal);
      await exited;
    }
    return child.exitCode;
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
