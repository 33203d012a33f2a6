export const preferences = {
  title: "Vorlieben",
  close: "Schließen",
  appearance: {
    title: "Aussehen",
    theme: "Farben",
    themes: { system: "System", light: "Hell", dark: "Dunkel" },
    language: "Sprache",
  },
  keyboard: {
    title: "Tastatur",
    singleKeys: "Kürzel aus einer einzelnen Taste",
    singleKeysHint: "Zum Beispiel R. Sie wirken nie, während du tippst.",
  },
  attention: {
    title: "Wenn ein Bild fertig oder misslungen ist",
    note: "Auch Titel und Symbol des Tabs zeigen es, solange du woanders bist.",
    notify: "Benachrichtige mich",
    notifyHint: "Nur solange das Studio in einem anderen Tab ist; zeigt den Prompt.",
    blocked:
      "Dein Browser blockiert Mitteilungen dieser Seite. Erlaube sie in seinen Einstellungen für diese Seite und versuche es noch einmal.",
    insecure: "Browser zeigen Mitteilungen nur für Seiten, die über https kommen.",
    unsupported: "Dieser Browser kann keine Mitteilungen zeigen.",
    sound: "Spiele einen Ton",
    soundHint: "Ein kurzer Ton, nur solange das Studio in einem anderen Tab ist.",
  },
  files: {
    title: "Dateien",
    keepsParameters: "Einstellungen in heruntergeladenen Bildern behalten",
    keepsParametersHint:
      "Prompt, Seed und alles Weitere reisen in der Datei mit, damit sie noch einmal gemalt werden kann. Wer die Datei bekommt, kann sie lesen.",
  },
  storage: {
    title: "Bilder in diesem Browser",
    kept: {
      one: "{count} Bild liegt in diesem Browser.",
      other: "{count} Bilder liegen in diesem Browser.",
    },
    used: "Das Studio belegt hier {used}; Platz ist für {quota}.",
    deleteAll: "Alle Bilder löschen …",
    question: "Alle Bilder löschen?",
    consequence: {
      one: "{count} Bild verschwindet endgültig aus diesem Browser, Favorit oder nicht. Das lässt sich nicht rückgängig machen.",
      other:
        "{count} Bilder verschwinden endgültig aus diesem Browser, auch Favoriten und der Papierkorb. Das lässt sich nicht rückgängig machen.",
    },
    confirm: "Alle löschen",
    keep: "Behalten",
    deleted: "Alle Bilder sind gelöscht.",
    failed: "Die Bilder konnten nicht gelöscht werden.",
  },
  news: {
    done: "✓ Fertig – {page}",
    failed: "✗ Misslungen – {page}",
    doneTitle: "Dein Bild ist fertig",
    failedTitle: "Ein Bild ist misslungen",
  },
} as const;
