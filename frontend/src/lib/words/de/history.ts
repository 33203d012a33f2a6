import type { history as original } from "../en/history";
import type { Translation } from "../words";

export const history: Translation<typeof original> = {
  title: "Verlauf",
  studio: "Zurück zum Studio",
  allPictures: "Alle Bilder",
  newest: "Neueste Bilder",
  views: { label: "Ansichten", pictures: "Bilder", trash: "Papierkorb" },
  search: {
    label: "Bilder durchsuchen",
    placeholder: "Prompt, Modell, Seed, Größe",
  },
  filters: {
    label: "Filter",
    favourites: "Favoriten",
    model: "Modell",
    anyModel: "Alle Modelle",
    shape: "Form",
    anyShape: "Alle Formen",
    shapes: { square: "Quadratisch", wide: "Breit", tall: "Hoch" },
    period: "Datum",
    anyTime: "Jederzeit",
    periods: { today: "Heute", week: "Letzte 7 Tage", month: "Letzte 30 Tage" },
    clear: "Filter aufheben",
  },
  found: { one: "{count} Bild", other: "{count} Bilder" },
  tile: {
    noPrompt: "Bild ohne Prompt",
    favourite: "{prompt}, Favorit",
    goes: "{prompt}, {left}",
    daysLeft: { one: "noch {count} Tag", other: "noch {count} Tage" },
    lastDay: "noch weniger als ein Tag",
  },
  opening: "Deine Bilder werden geöffnet…",
  empty: {
    title: "Noch keine Bilder",
    advice: "Jedes Bild, das du malst, bleibt hier – nur in diesem Browser.",
    action: "Das erste malen",
  },
  noHits: {
    title: "Kein Treffer",
    advice: "Zu diesen Wörtern und Filtern passt kein Bild.",
  },
  select: {
    start: "Auswählen",
    label: "Auswahl",
    count: { one: "{count} ausgewählt", other: "{count} ausgewählt" },
    all: "Alle wählen",
    favour: "Zu Favoriten",
    unfavour: "Aus Favoriten",
    compare: "Vergleichen",
    compareNeedsTwo: "Wähle genau zwei Bilder aus, um sie zu vergleichen.",
    useSettings: "Einstellungen übernehmen",
    useSettingsNeedsOne: "Wähle ein Bild aus, um seine Einstellungen zu übernehmen.",
    download: "Herunterladen",
    downloading: "Wird gepackt…",
    trash: "Löschen",
    restore: "Wiederherstellen",
    deleteForGood: "Endgültig löschen",
    end: "Auswahl beenden",
  },
  trashed: {
    one: "{count} Bild liegt jetzt im Papierkorb.",
    other: "{count} Bilder liegen jetzt im Papierkorb.",
  },
  undo: "Rückgängig",
  restored: {
    one: "{count} Bild ist wieder da.",
    other: "{count} Bilder sind wieder da.",
  },
  missedFiles: {
    one: "{count} Bild konnte nicht gepackt werden: Seine Datei ist weg.",
    other: "{count} Bilder konnten nicht gepackt werden: Ihre Dateien sind weg.",
  },
  notKept: {
    one: "{count} Bild konnte nicht behalten werden: Seine Datei war nicht zu holen.",
    other:
      "{count} Bilder konnten nicht behalten werden: Ihre Dateien waren nicht zu holen.",
  },
  trash: {
    note: {
      one: "Bilder bleiben hier {count} Tag und verschwinden dann endgültig.",
      other: "Bilder bleiben hier {count} Tage und verschwinden dann endgültig.",
    },
    empty: "Der Papierkorb ist leer",
    emptyAdvice: "Gelöschte Bilder kommen zuerst hierher.",
    emptyNow: "Papierkorb leeren",
    ask: {
      one: "{count} Bild endgültig löschen?",
      other: "{count} Bilder endgültig löschen?",
    },
    askAdvice: "Danach lassen sie sich nicht zurückholen.",
    cancel: "Abbrechen",
    confirm: "Endgültig löschen",
  },
  storage: {
    label: "Speicher",
    fullTitle: "In diesem Browser ist kein Platz mehr.",
    full: "Neue Bilder bleiben nur, bis die Seite geschlossen wird. Löschen schafft Platz.",
    pageOnlyTitle: "Dieser Browser behält keine Bilder.",
    pageOnly:
      "Vielleicht ist es ein privates Fenster. Sie bleiben, bis die Seite geschlossen wird: Lade herunter, was du behalten willst.",
    used: "Bilder bleiben nur in diesem Browser. Sie belegen {used} von {quota}.",
    emptyTrash: {
      one: "Papierkorb leeren ({count} Bild)",
      other: "Papierkorb leeren ({count} Bilder)",
    },
  },
};
