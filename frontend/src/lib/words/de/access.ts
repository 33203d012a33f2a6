import type { access as original } from "../en/access";
import type { Translation } from "../words";

export const access: Translation<typeof original> = {
  title: "API-Schlüssel",
  close: "Schließen",
  introduction:
    "Dieses Easel malt für alle, die einen Schlüssel haben. Du bekommst ihn von denen, " +
    "die es betreiben.",
  studio:
    "Das Studio hat einen eigenen Schlüssel und benutzt ihn für alle. Lehnt das Gateway " +
    "ihn ab, muss ihn jemand ersetzen, der das Studio betreibt.",
  inUse: "Schlüssel {id} wird benutzt.",
  forget: "Vergessen",
  forgotten: "Der Schlüssel ist vergessen.",
  key: "Dein Schlüssel",
  anotherKey: "Ein anderer Schlüssel",
  hint: "Er beginnt mit easel_ und bleibt in diesem Browser, wo ihn kein Skript lesen kann.",
  show: "Schlüssel zeigen",
  use: "Schlüssel benutzen",
  checking: "Wird geprüft …",
  errors: {
    missing: "Füge zuerst einen Schlüssel ein.",
    refused:
      "Das Gateway nimmt diesen Schlüssel nicht an. Ist er vollständig und noch gültig?",
    tooMany:
      "Es gab zu viele falsche Schlüssel. Warte kurz und versuche es dann noch einmal.",
    gatewayAway:
      "Das Gateway ist nicht erreichbar, der Schlüssel konnte nicht geprüft werden. " +
      "Versuche es noch einmal.",
    studioAway: "Der Server des Studios antwortet nicht. Versuche es noch einmal.",
    offline: "Dieser Browser ist offline.",
    unexpected: "Das hat nicht geklappt. Versuche es noch einmal.",
  },
};
