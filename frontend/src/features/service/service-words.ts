/** What each status means, in plain words. Pure. */

import type { UpstreamHealth } from "@/lib/api/generated";
import { fill } from "@/lib/words/format";
import type { Words } from "@/lib/words/words";
import type { Service } from "./service";

type Texts = Words["service"];

export type Tone = "good" | "busy" | "bad";

export type ServiceWords = {
  tone: Tone;
  /** One or two words for the header. */
  label: string;
  /** For the banner: what is wrong and what happens next. Null while all is well. */
  trouble: { title: string; advice: string } | null;
};

export function serviceWords(service: Service, words: Texts): ServiceWords {
  const label = words.labels[service.status];
  switch (service.status) {
    case "connecting":
      return { tone: "busy", label, trouble: null };
    case "ready":
      return { tone: "good", label, trouble: null };
    case "model_loading":
      return { tone: "busy", label, trouble: words.trouble.model_loading };
    case "server_down": {
      const title = serverTrouble(service.health.text2image_server, words);
      const { advice } = words.trouble.server_down;
      return { tone: "bad", label, trouble: { title, advice } };
    }
    case "gateway_down":
    case "studio_down":
    case "offline":
      return { tone: "bad", label, trouble: words.trouble[service.status] };
  }
}

function serverTrouble(server: UpstreamHealth, words: Texts): string {
  const { unreachable, stopping, unhealthy } = words.trouble.server_down;
  switch (server.status) {
    case "unreachable":
      return unreachable;
    case "stopping":
      return stopping;
    default:
      return server.detail ?? unhealthy;
  }
}

export type TierLine = { name: string; tone: Tone; words: string };

/** One line a tier, for whoever opens the status. */
export function tierLines(service: Service, words: Texts): TierLine[] {
  return [
    { name: words.tiers.studio, ...studioLine(service, words) },
    { name: words.tiers.gateway, ...gatewayLine(service, words) },
    { name: words.tiers.server, ...serverLine(service, words) },
  ];
}

type Line = Omit<TierLine, "name">;

function studioLine(service: Service, { tierWords }: Texts): Line {
  return service.status === "studio_down"
    ? { tone: "bad", words: tierWords.studioDown }
    : { tone: "good", words: tierWords.thisPage };
}

function gatewayLine(service: Service, { tierWords }: Texts): Line {
  switch (service.status) {
    case "connecting":
      return { tone: "busy", words: tierWords.connecting };
    case "offline":
      return { tone: "bad", words: tierWords.offline };
    case "studio_down":
      return { tone: "busy", words: tierWords.unknown };
    case "gateway_down":
      return { tone: "bad", words: tierWords.unreachable };
    default: {
      const { gateway, version } = service.health;
      const tone = gateway === "running" ? "good" : "busy";
      return { tone, words: fill(tierWords[gateway], { version }) };
    }
  }
}

function serverLine(service: Service, words: Texts): Line {
  const { tierWords } = words;
  switch (service.status) {
    case "connecting":
    case "offline":
    case "studio_down":
    case "gateway_down":
      return { tone: "busy", words: tierWords.unknown };
    case "model_loading":
      return { tone: "busy", words: tierWords.loading };
    case "server_down":
      return {
        tone: "bad",
        words: serverTrouble(service.health.text2image_server, words),
      };
    case "ready":
      return {
        tone: "good",
        words: workingServer(service.health.text2image_server, words),
      };
  }
}

/** The server may say more of itself than the gateway's contract promises. */
function workingServer(server: UpstreamHealth, { tierWords }: Texts): string {
  const model = typeof server.model === "string" ? server.model : tierWords.someModel;
  return fill(server.cuda_available ? tierWords.onGpu : tierWords.onCpu, { model });
}
