// How much later the first preview reaches a browser through the studio than straight
// from the gateway: real tiers, a model that paints nothing, trials in turn.
//
//   node scripts/measure-first-preview.mjs [trials] [seconds a step]
import { once } from "node:events";
import { Agent, request } from "node:http";
import { performance } from "node:perf_hooks";
import { startTiers } from "./local-tiers.mjs";

const TARGET_MS = 50;
const WARM_UP = 5;
// Enough that no generation ends before its first preview was seen.
const STEPS = 50;

const [trials = 100, stepSeconds = 0.02] = process.argv.slice(2).map(Number);

// As browsers do: connections are kept, and gzip is asked for.
const agent = new Agent({ keepAlive: true });
const BROWSER = { "accept-encoding": "gzip, deflate, br" };

const tiers = await startTiers(stepSeconds);
const flows = [
  { name: "gateway, POST streams", run: () => streamed(`${tiers.gateway}`) },
  { name: "studio, POST streams", run: () => streamed(`${tiers.studio}/api`) },
  { name: "studio, POST then follow", run: () => followed(`${tiers.studio}/api`) },
].map((flow) => ({ ...flow, times: [] }));
try {
  for (let trial = -WARM_UP; trial < trials; trial++) {
    // Each is first, second and third equally often.
    for (let turn = 0; turn < flows.length; turn++) {
      const flow = flows[(trial + WARM_UP + turn) % flows.length];
      const timeMs = await flow.run();
      await untilIdle();
      if (trial >= 0) flow.times.push(timeMs);
    }
  }
} finally {
  agent.destroy();
  await tiers.stop();
}
report();

/** The answer of `POST /generate` is the stream; hanging up cancels the generation. */
async function streamed(root) {
  const begin = performance.now();
  const answer = await post(root, { accept: "text/event-stream" });
  await firstPreview(answer);
  return performance.now() - begin;
}

/** The generation goes on by itself; its events come over `/api/follow`. */
async function followed(root) {
  const begin = performance.now();
  const accepted = await post(root, {
    prefer: "respond-async",
    "idempotency-key": crypto.randomUUID(),
  });
  const { id } = JSON.parse(await textOf(accepted));
  const answer = await ask("GET", `${root}/follow?generation=${id}~`, {
    accept: "text/event-stream",
  });
  await firstPreview(answer);
  const timeMs = performance.now() - begin;
  await textOf(await ask("DELETE", `${root}/generations/${id}`));
  return timeMs;
}

function post(root, headers) {
  const body = { prompt: crypto.randomUUID(), num_inference_steps: STEPS };
  const json = { "content-type": "application/json" };
  return ask("POST", `${root}/generate`, { ...json, ...headers }, JSON.stringify(body));
}

async function ask(method, url, headers = {}, body = undefined) {
  const asking = request(url, { method, agent, headers: { ...BROWSER, ...headers } });
  asking.end(body);
  const [answer] = await once(asking, "response");
  if (answer.statusCode >= 300) throw new Error(`${url}: ${answer.statusCode}`);
  return answer;
}

/** Returns when its first byte is there, and hangs up. */
async function firstPreview(answer) {
  if (answer.headers["content-encoding"]) throw new Error("The stream is compressed.");
  let text = "";
  for await (const chunk of answer) {
    text += chunk;
    if (text.includes("event: preview")) return;
  }
  throw new Error(`The stream ended without a preview:\n${text}`);
}

async function textOf(answer) {
  let text = "";
  for await (const chunk of answer) text += chunk;
  return text;
}

/** So that no trial shares the model with the one before. */
async function untilIdle() {
  for (;;) {
    const health = JSON.parse(await textOf(await ask("GET", `${tiers.server}/health`)));
    if (health.running === 0) return;
  }
}

function report() {
  const [direct, ...others] = flows;
  const row = (name, ...cells) =>
    console.log(name.padEnd(28), ...cells.map((cell) => String(cell).padStart(9)));
  console.log(`First preview after the POST, ms; ${trials} trials each in turn.`);
  row("", "p50", "p95", "+p50", "+p95");
  row(direct.name, ms(quantile(direct.times, 0.5)), ms(quantile(direct.times, 0.95)));
  for (const { name, times } of others) {
    const later = [0.5, 0.95].map(
      (q) => quantile(times, q) - quantile(direct.times, q),
    );
    row(name, ms(quantile(times, 0.5)), ms(quantile(times, 0.95)), ...later.map(ms));
    if (later[1] > TARGET_MS) process.exitCode = 1;
  }
  console.log(`Target: p95 within ${TARGET_MS} ms of the gateway's.`);
}

function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

function ms(value) {
  return value.toFixed(1);
}
