/**
 * A gateway that says what a test tells it to, for states that the real one reaches
 * only by chance: a queue, a step that lasts, an answer with Retry-After.
 */

import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type {
  GatewayHealth,
  GenerationRequest,
  ModelDocument,
  Problem,
} from "../../src/lib/api/generated";
import type { EventData, EventName } from "../../src/lib/api/generation-events";

// Two by two pixels, each of another colour.
export const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGO4ExXwYV8Ug1veiahVFQAvhAaH/ZU1egAAAABJRU5ErkJggg==";

const ID = "gen_scripted_1";

const SIZE = { width: 128, height: 128 };

/** Small and enlarging, as the embedded model is. */
export const MODEL: ModelDocument = {
  id: "scripted",
  display_name: "Scripted",
  description: "Paints two by two pixels.",
  license: null,
  pipeline: "None",
  sizes: {
    minimum: 128,
    maximum: 2048,
    multiple_of: 8,
    native: [SIZE],
    enlarges: true,
  },
  num_inference_steps: { minimum: 1, maximum: 200 },
  guidance_scale: { minimum: 0, maximum: 30 },
  max_images: 4,
  max_prompt_tokens: 77,
  sampler: "dpmpp_2m",
  defaults: { ...SIZE, num_inference_steps: 16, guidance_scale: 4 },
  features: { negative_prompt: true, guidance_scale: true, previews: true },
  example_prompts: ["a strawberry on a white background", "a rocket in space"],
};

const WELL: GatewayHealth["text2image_server"] = {
  status: "healthy",
  model_loaded: true,
  cuda_available: false,
  model: "scripted",
};

export class ScriptedGateway {
  server = WELL;
  models = [MODEL];
  /** If set, what `POST /generate` answers instead of a stream. */
  refusal: Problem | null = null;
  requests: GenerationRequest[] = [];

  readonly #http: Server = createServer((request, response) => {
    void this.#answer(request, response);
  });
  #open: Conversation[] = [];
  #waiting: ((conversation: Conversation) => void)[] = [];

  async start(): Promise<string> {
    this.#http.listen(0, "127.0.0.1");
    await once(this.#http, "listening");
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, "close");
  }

  /** What one test scripted is nothing to the next. */
  reset(): void {
    this.server = WELL;
    this.models = [MODEL];
    this.refusal = null;
    this.requests = [];
    this.#open = [];
    this.#waiting = [];
  }

  /** The next generation that a studio starts, or has started already. */
  generation(): Promise<Conversation> {
    const open = this.#open.shift();
    if (open) return Promise.resolve(open);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const json = (body: unknown, status = 200, headers = {}) => {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify(body));
    };
    const path = request.url ?? "";
    if (path === "/health") {
      const isWell = this.server.status === "healthy";
      const status = isWell ? "healthy" : "degraded";
      json({
        status,
        gateway: "running",
        text2image_server: this.server,
        version: "0",
      });
    } else if (path === "/models") {
      json({ models: this.models });
    } else if (path.includes("/images/")) {
      response.writeHead(200, { "content-type": "image/png" });
      response.end(Buffer.from(PNG, "base64"));
    } else if (request.method === "DELETE") {
      json({});
    } else if (this.refusal) {
      const { status, retry_after_s } = this.refusal;
      json(this.refusal, status, { "retry-after": String(retry_after_s ?? "") });
    } else {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const body: GenerationRequest = JSON.parse(Buffer.concat(chunks).toString());
      this.requests.push(body);
      const conversation = new Conversation(body, response);
      const waiting = this.#waiting.shift();
      if (waiting) waiting(conversation);
      else this.#open.push(conversation);
    }
  }
}

/** One open event stream; `begin`, then what the test wants. */
export class Conversation {
  #lastId = 0;
  readonly hungUp: Promise<unknown>;

  constructor(
    readonly request: GenerationRequest,
    private readonly response: ServerResponse,
  ) {
    this.hungUp = once(response, "close");
    response.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-cache, no-transform",
    });
    response.flushHeaders();
  }

  send<Name extends EventName>(name: Name, data: EventData[Name]): this {
    const lines = [
      `event: ${name}`,
      `data: ${JSON.stringify(data)}`,
      `id: ${this.#lastId++}`,
    ];
    this.response.write(`${lines.join("\n")}\n\n`);
    return this;
  }

  queued(position: number, etaS: number | null = null): this {
    const status = "queued" as const;
    return this.send("snapshot", {
      ...this.#document(),
      status,
      position,
      eta_s: etaS,
    });
  }

  step(step: number, etaS: number | null): this {
    const num_inference_steps = this.#parameters().num_inference_steps;
    this.send("progress", { step, num_inference_steps, eta_s: etaS });
    const image = `data:image/png;base64,${PNG}`;
    for (let index = 0; index < this.#parameters().num_images; index++) {
      this.send("preview", { step, index, image });
    }
    return this;
  }

  complete(): void {
    const { width, height, seed, num_images } = this.#parameters();
    const images = Array.from({ length: num_images }, (_, index) => ({
      index,
      seed: seed + index,
      width,
      height,
      media_type: "image/png" as const,
      sha256: "",
      url: `/generations/${ID}/images/${index}`,
    }));
    this.send("completed", {
      ...this.#document(),
      status: "completed",
      images,
      timings: {
        queued_s: 0,
        encode_s: 0,
        denoise_s: 1.2,
        decode_s: 0.1,
        total_s: 1.3,
      },
      determinism: { level: "seed", largest_batch: 1 },
      warnings: ["Painted at the model's native 128 x 128 and enlarged to 512 x 512."],
    });
    this.response.end();
  }

  breakOff(): void {
    this.response.destroy();
  }

  #document() {
    return {
      id: ID,
      model: "scripted",
      created_at: "2026-11-22T20:00:00Z",
      parameters: this.#parameters(),
    };
  }

  #parameters() {
    const { prompt, num_images = 1, width, height, num_inference_steps } = this.request;
    return {
      prompt,
      negative_prompt: this.request.negative_prompt ?? null,
      width: width ?? MODEL.defaults.width,
      height: height ?? MODEL.defaults.height,
      num_inference_steps: num_inference_steps ?? MODEL.defaults.num_inference_steps,
      guidance_scale: this.request.guidance_scale ?? MODEL.defaults.guidance_scale,
      seed: this.request.seed ?? 7,
      num_images,
      sampler: "dpmpp_2m",
    };
  }
}
