import type { service as original } from "../en/service";
import type { Translation } from "../words";

export const service: Translation<typeof original> = {
  labels: {
    connecting: "Verbinde",
    ready: "Bereit",
    model_loading: "Modell lädt",
    server_down: "Server weg",
    gateway_down: "Gateway weg",
    studio_down: "Studio weg",
    offline: "Offline",
  },
  statusPrefix: "Stand des Dienstes: ",
  panelLabel: "Stand des Dienstes",
  bannerLabel: "Störung des Dienstes",
  trouble: {
    model_loading: {
      title: "Das Modell wird geladen",
      advice: "Schreib solange deinen Prompt: Gleich kann gemalt werden.",
    },
    server_down: {
      unreachable: "Keine Verbindung zum Text-zu-Bild-Server",
      stopping: "Der Text-zu-Bild-Server hält gerade an",
      unhealthy: "Der Text-zu-Bild-Server ist nicht verfügbar",
      advice:
        "Das Gateway antwortet, aber niemand kann malen. Sobald der Server zurück ist, macht das Studio von selbst weiter.",
    },
    gateway_down: {
      title: "Keine Verbindung zum Gateway",
      advice:
        "Dein Prompt geht nicht verloren. Das Studio versucht es weiter und macht von selbst weiter, sobald das Gateway zurück ist.",
    },
    studio_down: {
      title: "Keine Verbindung zum Server des Studios",
      advice:
        "Dein Prompt geht nicht verloren. Diese Seite versucht es weiter und macht von selbst weiter, sobald der Server zurück ist.",
    },
    offline: {
      title: "Dieses Gerät ist offline",
      advice: "Dein Prompt geht nicht verloren. Zum Malen braucht es eine Verbindung.",
    },
  },
  tiers: { studio: "Studio", gateway: "Gateway", server: "Text-zu-Bild-Server" },
  tierWords: {
    thisPage: "diese Seite",
    studioDown: "sein Server ist nicht erreichbar",
    connecting: "verbinde",
    offline: "außer Reichweite: Dieses Gerät ist offline",
    unknown: "nicht bekannt",
    unreachable: "nicht erreichbar",
    running: "läuft, Version {version}",
    draining: "beendet, was es noch hat, Version {version}",
    stopping: "hält an, Version {version}",
    loading: "lädt das Modell",
    onGpu: "{model} geladen, malt auf der GPU",
    onCpu: "{model} geladen, malt auf der CPU",
    someModel: "Modell",
  },
};
