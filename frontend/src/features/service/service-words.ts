/** What each status means, in plain words. Pure. */

import type { UpstreamHealth } from "@/lib/api/generated";
import type { Service } from "./service";

export type Tone = "good" | "busy" | "bad";

export type ServiceWords = {
  tone: Tone;
  /** One or two words for the header. */
  label: string;
  /** For the banner: what is wrong and what happens next. Null while all is well. */
  trouble: { title: string; advice: string } | null;
};

export function serviceWords(service: Service): ServiceWords {
  switch (service.status) {
    case "connecting":
      return { tone: "busy", label: "Connecting", trouble: null };
    case "ready":
      return { tone: "good", label: "Ready", trouble: null };
    case "model_loading":
      return {
        tone: "busy",
        label: "Model loading",
        trouble: {
          title: "The model is loading",
          advice: "Write your prompt meanwhile: painting can start in a moment.",
        },
      };
    case "server_down":
      return {
        tone: "bad",
        label: "Server down",
        trouble: {
          title: serverTrouble(service.health.text2image_server),
          advice:
            "The gateway answers, but nothing can paint. The studio goes on by itself as soon as the server is back.",
        },
      };
    case "gateway_down":
      return {
        tone: "bad",
        label: "Gateway down",
        trouble: {
          title: "Cannot connect to gateway",
          advice:
            "Your prompt is safe. The studio keeps trying and goes on by itself as soon as the gateway is back.",
        },
      };
    case "studio_down":
      return {
        tone: "bad",
        label: "Studio down",
        trouble: {
          title: "Cannot connect to the studio's server",
          advice:
            "Your prompt is safe. This page keeps trying and goes on by itself as soon as the server is back.",
        },
      };
    case "offline":
      return {
        tone: "bad",
        label: "Offline",
        trouble: {
          title: "This device is offline",
          advice: "Your prompt is safe. Painting needs a network connection.",
        },
      };
  }
}

function serverTrouble(server: UpstreamHealth): string {
  switch (server.status) {
    case "unreachable":
      return server.detail ?? "Cannot connect to text-to-image server";
    case "stopping":
      return "The text-to-image server is stopping";
    default:
      return server.detail ?? "Text-to-image server unavailable";
  }
}

export type TierLine = { name: string; tone: Tone; words: string };

/** One line a tier, for whoever opens the status. */
export function tierLines(service: Service): TierLine[] {
  return [studioLine(service), gatewayLine(service), serverLine(service)];
}

function studioLine(service: Service): TierLine {
  const isDown = service.status === "studio_down";
  return isDown
    ? { name: "Studio", tone: "bad", words: "its server cannot be reached" }
    : { name: "Studio", tone: "good", words: "this page" };
}

function gatewayLine(service: Service): TierLine {
  const name = "Gateway";
  switch (service.status) {
    case "connecting":
      return { name, tone: "busy", words: "connecting" };
    case "offline":
      return { name, tone: "bad", words: "out of reach: this device is offline" };
    case "studio_down":
      return { name, tone: "busy", words: "not known" };
    case "gateway_down":
      return { name, tone: "bad", words: "cannot be reached" };
    default: {
      const { gateway, version } = service.health;
      const tone = gateway === "running" ? "good" : "busy";
      return { name, tone, words: `${gateway}, version ${version}` };
    }
  }
}

function serverLine(service: Service): TierLine {
  const name = "Text-to-image server";
  switch (service.status) {
    case "connecting":
    case "offline":
    case "studio_down":
    case "gateway_down":
      return { name, tone: "busy", words: "not known" };
    case "model_loading":
      return { name, tone: "busy", words: "loading the model" };
    case "server_down":
      return {
        name,
        tone: "bad",
        words: serverTrouble(service.health.text2image_server),
      };
    case "ready":
      return {
        name,
        tone: "good",
        words: workingServer(service.health.text2image_server),
      };
  }
}

/** The server may say more of itself than the gateway's contract promises. */
function workingServer(server: UpstreamHealth): string {
  const model = typeof server.model === "string" ? server.model : "model";
  return `${model} loaded, painting on ${server.cuda_available ? "GPU" : "CPU"}`;
}
