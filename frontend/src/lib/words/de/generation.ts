import type { generation as original } from "../en/generation";
import type { Translation } from "../words";

export const generation: Translation<typeof original> = {
  submitting: "Der Prompt wird gesendet",
  next: "Als Nächstes dran",
  place: "Platz {position} in der Warteschlange",
  painting: "Wird gemalt",
  step: "Wird gemalt, Schritt {step} von {total}",
  decoding: "Das Bild wird fertiggestellt",
  cancelling: "Wird abgebrochen",
  reconnecting: "Verbindung verloren, sie wird wieder gesucht",
  progress: "Fortschritt",

  eta: {
    unknown: "die Dauer wird geschätzt",
    second: "noch etwa eine Sekunde",
    seconds: "noch etwa {seconds} s",
    minute: "noch etwa eine Minute",
    minutes: "noch etwa {minutes} min",
  },

  spoken: {
    waiting: "In der Warteschlange.",
    begun: "Das Malen hat begonnen.",
    percent: "{percent} Prozent gemalt.",
    ready: { one: "Das Bild ist fertig.", other: "{count} Bilder sind fertig." },
    cancelled: "Abgebrochen.",
    reconnecting: "Die Verbindung ging verloren. Das Studio sucht sie wieder.",
  },

  stage: {
    preview: "Vorschau: {prompt}",
    image: "{prompt}, generiertes Bild",
    enlarge: "Vergrößern",
    enlargeImage: "Bild {number} vergrößern",
    cancelled: "Abgebrochen, bevor es fertig war",
    none: "Diesmal kein Bild.",
  },

  live: {
    label: "In Arbeit",
    waiting: "wartet",
    percent: "{percent} %",
    failed: "gescheitert",
    show: "Zeigen: {prompt}",
    cancel: "Abbrechen: {prompt}",
    dismiss: "Weglegen: {prompt}",
  },

  actions: {
    label: "Was mit dem Bild geschehen soll",
    which: "Bild",
    restore: "Übernehmen",
    restoreHint: "Alle seine Einstellungen wieder verwenden",
    vary: "Variieren",
    varyHint: "Noch einmal mit anderem Seed malen",
    copyLink: "Link kopieren",
    compare: "Vergleichen",
    favourite: "Favorit",
    startFrom: "Das nächste Bild aus diesem malen",
    trash: "Löschen",
  },

  failure: {
    label: "Was schiefging",
    requestId: "Anfrage-ID",
    trySize: "{width} × {height} versuchen",
    tryAgain: "Noch einmal versuchen",
    giveKey: "Schlüssel eingeben",
    offline: {
      title: "Dieses Gerät ist offline",
      advice: "Verbinde es mit dem Netz und generiere dann noch einmal.",
    },
    studio_unreachable: {
      title: "Keine Verbindung zum Server des Studios",
      advice:
        "Die Seite ist noch da und dein Prompt auch. Generiere noch einmal, sobald oben „Bereit“ steht.",
    },
    gateway_unreachable: {
      title: "Keine Verbindung zum Gateway",
      advice:
        "Das Studio sucht es weiter. Generiere noch einmal, sobald oben „Bereit“ steht.",
    },
    interrupted: {
      title: "Die Verbindung ging verloren",
      advice: "Das Bild wurde nicht fertig. Generiere noch einmal, um neu zu beginnen.",
    },
    server_unreachable: {
      title: "Keine Verbindung zum Text-zu-Bild-Server",
      advice:
        "Das Gateway arbeitet, aber der Server, der malt, antwortet nicht. Wer ihn betreibt, kann prüfen, ob er läuft.",
    },
    server_timeout: {
      title: "Die Anfrage an den Text-zu-Bild-Server dauerte zu lange",
      advice:
        "Versuche weniger Schritte oder eine kleinere Größe, oder später, wenn weniger los ist.",
    },
    server_unavailable: {
      title: "Der Text-zu-Bild-Server ist nicht verfügbar",
      advice: "Er kann gerade nicht malen. Versuche es gleich noch einmal.",
    },
    busy: {
      title: "Der Server ist ausgelastet",
      advice:
        "Er hat so viel zu tun, wie er annehmen kann. Dein Prompt bleibt; versuche es bald noch einmal.",
    },
    key_needed: {
      title: "Das Gateway verlangt einen API-Schlüssel",
      advice: "Gib einen ein, oder frage danach, wer das Studio betreibt.",
    },
    quota_used_up: {
      title: "Die Bilder für heute sind aufgebraucht",
      advice: "Dein Prompt bleibt. Nach Mitternacht (UTC) gibt es neue.",
    },
    model_loading: {
      title: "Das Modell lädt noch",
      advice: "Es kann noch nicht malen. Versuche es gleich noch einmal.",
    },
    out_of_memory: {
      title: "Nicht genug Speicher für dieses Bild",
      advice: "Eine kleinere Größe oder weniger Bilder brauchen weniger.",
    },
    invalid_request: {
      title: "Der Server kann diese Einstellungen nicht verwenden",
      advice: "Ändere, was er nennt, und generiere noch einmal.",
    },
    expired: {
      title: "Der Server kennt dieses Bild nicht mehr",
      advice:
        "Es wurde nicht rechtzeitig geholt, oder der Server wurde ersetzt. Generiere noch einmal.",
    },
    unexpected: {
      title: "Etwas ist schiefgegangen",
      advice:
        "Versuche es noch einmal. Wenn es so bleibt, melde die Anfrage-ID der Person, die den Dienst betreibt.",
    },
  },
};
