import type { app as original } from "../en/app";
import type { Translation } from "../words";

export const app: Translation<typeof original> = {
  description: "Beschreibe ein Bild und sieh zu, wie es gemalt wird.",
  skip: "Zum Inhalt springen",
  screens: "Seiten",
  studio: "Studio",
  history: "Verlauf",
  status: "Status",
  moreStatus: "Alles über den Dienst",
  news: "Neuigkeiten",
  newPicture: "Neues Bild",
  result: "Ergebnis",

  idle: {
    connecting: "Verbindung zum Gateway wird aufgebaut…",
    loading: "Das Modell lädt",
    loadingProgress: "Das Modell wird geladen",
    trouble: "Bilder erscheinen hier, sobald alles wieder läuft.",
    title: "Was soll es sein?",
    withExamples: "Beschreibe ein Bild, oder beginne mit einem von diesen.",
    withoutExamples: "Beschreibe ein Bild und drücke auf Generieren.",
  },

  toasts: {
    restored: "Seine Einstellungen stehen im Formular.",
    partlyRestored: "Seine Einstellungen stehen im Formular, außer: {names}.",
    notKept: {
      one: "Das Bild konnte nicht aufbewahrt werden: Der Server hat seine Datei nicht mehr.",
      other:
        "{count} Bilder konnten nicht aufbewahrt werden: Der Server hat ihre Dateien nicht mehr.",
    },
    withoutImage:
      "Es begann mit einem Bild, das nicht aufbewahrt wird: Dieses wird allein nach dem Prompt gemalt.",
    startFrom: "Das nächste Bild geht von diesem aus.",
    unreadableImage: "Dieses Bild lässt sich nicht lesen.",
    keyAccepted: "Der Schlüssel ist angenommen.",
  },

  error: {
    title: "Das Studio ist gestolpert",
    advice:
      "Auf dem Server ist nichts verloren. Öffne das Studio noch einmal, um weiterzumachen.",
    again: "Das Studio noch einmal öffnen",
  },

  notFound: {
    title: "Diese Seite gibt es nicht",
    advice: "Das Studio hat drei: Studio, Verlauf und Status.",
    back: "Zum Studio",
  },
};
