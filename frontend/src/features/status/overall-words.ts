/** The sentence on top: all that most people want to know. Pure. */

import type { GatewayHealth, ReplicaDocument } from "@/lib/api/generated";
import { counted, fill } from "@/lib/words/format";
import type { Words } from "@/lib/words/words";
import { durationWords } from "./numbers";
import type { ServiceView, Tone } from "./service-view";
import { workOf } from "./work";

export type Overall = { tone: Tone; sentence: string };

export function overallWords(
  service: ServiceView,
  { status: { overall }, language }: Words,
): Overall {
  switch (service.status) {
    case "connecting":
      return { tone: "busy", sentence: overall.connecting };
    case "gateway_down":
    case "studio_down":
    case "offline":
      return { tone: "bad", sentence: overall[service.status] };
    case "model_loading":
      return { tone: "busy", sentence: overall.model_loading };
    case "server_down": {
      const reason = serverReason(service.health, overall, language);
      return { tone: "bad", sentence: fill(overall.server_down, { reason }) };
    }
    case "ready":
      return (
        hitch(service.health, overall, language) ?? {
          tone: "good",
          sentence: wellWords(service.health, overall, language),
        }
      );
  }
}

function wellWords(
  { recent }: GatewayHealth,
  overall: Words["status"]["overall"],
  language: string,
): string {
  const medianS = recent?.generation_seconds?.p50;
  if (medianS === undefined) return overall.well;
  return fill(overall.wellWithTime, { duration: durationWords(medianS, language) });
}

/** What keeps a service that paints from being entirely well, the worst of it first. */
function hitch(
  health: GatewayHealth,
  overall: Words["status"]["overall"],
  language: string,
): Overall | null {
  const { gateway, replicas, store } = health;
  if (gateway !== "running") return { tone: "bad", sentence: overall.draining };
  const away = replicas.filter((replica) => !paints(replica)).length;
  if (away > 0) {
    const total = replicas.length;
    const forms = {
      one: fill(overall.someAway.one, { total }),
      other: overall.someAway.other.replaceAll("{total}", String(total)),
    };
    return { tone: "busy", sentence: counted(forms, away, language) };
  }
  if (store.status !== "available")
    return { tone: "busy", sentence: overall.storeAway };
  const { waiting } = workOf(health);
  if (waiting > 0) {
    const sentence = counted(overall.busy, waiting, language);
    return { tone: "good", sentence };
  }
  return null;
}

function serverReason(
  { text2image_server: server, replicas }: GatewayHealth,
  overall: Words["status"]["overall"],
  language: string,
): string {
  switch (server.status) {
    case "unreachable":
      return counted(overall.serverReasons, Math.max(1, replicas.length), language);
    case "stopping":
      return overall.serverStopping;
    default:
      return overall.serverUnhealthy;
  }
}

export function paints({ state }: ReplicaDocument): boolean {
  return state === "ready" || state === "busy";
}
