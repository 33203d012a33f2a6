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
  Generation,
  GenerationRequest,
  ModelDocument,
  Problem,
} from "../../src/lib/api/generated";
import type { EventData, EventName } from "../../src/lib/api/generation-events";

// Two by two pixels, each of another colour.
export const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGO4ExXwYV8Ug1veiahVFQAvhAaH/ZU1egAAAABJRU5ErkJggg==";

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
  /** If set, what `POST /generate` answers instead of taking it. */
  refusal: Problem | null = null;
  /** If set, `POST /generate` answers with status 500 and this, which is no JSON. */
  nonsense: string | null = null;
  requests: GenerationRequest[] = [];

  readonly #http: Server = createServer((request, response) => {
    void this.#answer(request, response);
  });
  #taken: Conversation[] = [];
  #unclaimed: Conversation[] = [];
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
    this.nonsense = null;
    this.requests = [];
    for (const conversation of this.#taken) conversation.breakOff();
    this.#taken = [];
    this.#unclaimed = [];
    this.#waiting = [];
  }

  /** The next generation that a studio asks for, or has asked for already. */
  generation(): Promise<Conversation> {
    const open = this.#unclaimed.shift();
    if (open) return Promise.resolve(open);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = "", id] = /^\/generations\/(gen_[^/]+)/.exec(request.url ?? "") ?? [
      request.url,
    ];
    if (path === "/health") {
      const isWell = this.server.status === "healthy";
      const status = isWell ? "healthy" : "degraded";
      const health = { gateway: "running", text2image_server: this.server };
      json(response, { status, ...health, version: "0" });
    } else if (path === "/models") {
      json(response, { models: this.models });
    } else if (path.endsWith("/tokens")) {
      const tokens = { tokens: 4, max_prompt_tokens: 77, used_characters: null };
      json(response, { ...tokens, is_cut: false });
    } else if (path === "/metrics") {
      response.end("");
    } else if (path === "/generate") {
      await this.#take(request, response);
    } else if (id) {
      const conversation = this.#taken.find((one) => one.id === id);
      if (conversation) conversation.answer(request, response);
      else json(response, unknownGeneration(id), 404);
    } else {
      json(response, {}, 404);
    }
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (this.nonsense !== null) {
      response.writeHead(500, { "content-type": "text/html" });
      response.end(this.nonsense);
      return;
    }
    if (this.refusal) {
      const { status, retry_after_s } = this.refusal;
      json(response, this.refusal, status, { "retry-after": `${retry_after_s ?? ""}` });
      return;
    }
    const key = String(request.headers["idempotency-key"]);
    const known = this.#taken.find((one) => one.key === key);
    if (known) {
      known.take(response);
      return;
    }
    const body: GenerationRequest = JSON.parse(Buffer.concat(chunks).toString());
    this.requests.push(body);
    const id = `gen_scripted_${this.#taken.length + 1}`;
    const conversation = new Conversation(id, key, body);
    conversation.take(response);
    this.#taken.push(conversation);
    const waiting = this.#waiting.shift();
    if (waiting) waiting(conversation);
    else this.#unclaimed.push(conversation);
  }
}

function json(response: ServerResponse, body: unknown, status = 200, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

function unknownGeneration(id: string): Problem {
  return {
    type: "urn:easel:problem:generation_not_found",
    title: "No such generation",
    status: 404,
    detail: `No generation ${id}.`,
    code: "generation_not_found",
    request_id: "req-404",
  };
}

/** One generation; `queued` takes it, then what the test wants. */
export class Conversation {
  /** That the studio asked for its end. */
  readonly cancelled: Promise<void>;

  #document: Generation;
  #isTaken = false;
  readonly #log: string[] = [];
  readonly #unanswered: ServerResponse[] = [];
  readonly #streams = new Set<ServerResponse>();
  #cancel: () => void = () => {};

  constructor(
    readonly id: string,
    readonly key: string,
    readonly request: GenerationRequest,
  ) {
    const position = 1;
    this.#document = { ...this.#base(), status: "queued", position, eta_s: null };
    this.cancelled = new Promise((resolve) => {
      this.#cancel = resolve;
    });
  }

  /** Of `POST /generate`; answered when the test says where it stands. */
  take(response: ServerResponse): void {
    if (this.#isTaken) json(response, this.#document, 202);
    else this.#unanswered.push(response);
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? "";
    if (request.method === "DELETE") {
      this.#cancel();
      if (isOpen(this.#document)) {
        this.#end({ ...this.#base(), status: "cancelled", reason: "requested" });
        this.send("cancelled", { reason: "requested" });
      }
      json(response, this.#document);
    } else if (path.includes("/images/")) {
      response.writeHead(200, { "content-type": "image/png" });
      response.end(Buffer.from(PNG, "base64"));
    } else if (path.endsWith("/events")) {
      const lastId = request.headers["last-event-id"];
      this.#follow(lastId === undefined ? this.#resumeId() : Number(lastId), response);
    } else {
      json(response, this.#document);
    }
  }

  queued(position: number, etaS: number | null = null): this {
    const place = { position, eta_s: etaS };
    const isFirst = !this.#isTaken;
    this.#document = { ...this.#base(), status: "queued", ...place };
    this.#isTaken = true;
    for (const response of this.#unanswered.splice(0)) this.take(response);
    return isFirst ? this : this.send("queued", place);
  }

  started(): this {
    this.#document = { ...this.#base(), status: "running", step: 0, eta_s: null };
    return this.send("started", {});
  }

  step(step: number, etaS: number | null): this {
    const num_inference_steps = this.#parameters().num_inference_steps;
    this.#document = { ...this.#base(), status: "running", step, eta_s: etaS };
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
      url: `/generations/${this.id}/images/${index}`,
    }));
    const document = {
      ...this.#base(),
      status: "completed" as const,
      images,
      timings: {
        queued_s: 0,
        encode_s: 0,
        denoise_s: 1.2,
        decode_s: 0.1,
        total_s: 1.3,
      },
      determinism: { level: "seed" as const, largest_batch: 1 },
      warnings: ["Painted at the model's native 128 x 128 and enlarged to 512 x 512."],
    };
    this.send("completed", document);
    this.#end(document);
  }

  fail(problem: Problem): void {
    this.send("failed", problem);
    this.#end({ ...this.#base(), status: "failed", problem });
  }

  /** The streams are cut; whoever comes back finds the generation as it is. */
  breakOff(): void {
    for (const response of this.#streams) response.destroy();
    this.#streams.clear();
  }

  send<Name extends EventName>(name: Name, data: EventData[Name]): this {
    const lines = [
      `event: ${name}`,
      `data: ${JSON.stringify(data)}`,
      `id: ${this.#log.length}`,
    ];
    const message = `${lines.join("\n")}\n\n`;
    this.#log.push(message);
    for (const response of this.#streams) response.write(message);
    return this;
  }

  #end(document: Generation): void {
    this.#document = document;
    for (const response of this.#streams) response.end();
    this.#streams.clear();
  }

  #follow(lastId: number, response: ServerResponse): void {
    response.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-cache, no-transform",
    });
    const snapshot = JSON.stringify(this.#document);
    response.write(`event: snapshot\ndata: ${snapshot}\n\n`);
    for (const message of this.#log.slice(lastId + 1)) response.write(message);
    if (!isOpen(this.#document)) {
      response.end();
      return;
    }
    this.#streams.add(response);
    response.on("close", () => this.#streams.delete(response));
  }

  /** Who comes anew gets the newest previews, as from the real one. */
  #resumeId(): number {
    const newest = this.#log.length - 1;
    return Math.max(-1, newest - this.#parameters().num_images);
  }

  #base() {
    return {
      id: this.id,
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

function isOpen({ status }: Generation): boolean {
  return status === "queued" || status === "running";
}
