import type { transfer as original } from "../en/transfer";
import type { Translation } from "../words";

export const transfer: Translation<typeof original> = {
  link: {
    copied: "Link kopiert. Wer ihn öffnet, findet diese Einstellungen ausgefüllt.",
    inAddressBar:
      "Dieser Browser lässt das Studio nicht kopieren. Der Link steht jetzt in der Adresszeile.",
    taken: "Die Einstellungen aus dem Link sind ausgefüllt.",
    older: "Der Link stammt von einem älteren Easel. Schau die Einstellungen durch.",
    newer: "Der Link stammt von einem neueren Easel. Was bekannt ist, ist ausgefüllt.",
    partly: "Der Link ist ausgefüllt, bis auf das, was nicht geht: {fields}.",
    unversioned: "Der Link ist ausgefüllt, soweit er lesbar war.",
    unreadable: "Dieser Link ist nicht lesbar. Es hat sich nichts geändert.",
  },
  fields: {
    prompt: "Prompt",
    negativePrompt: "Negativer Prompt",
    model: "Modell",
    size: "Größe",
    numInferenceSteps: "Schritte",
    guidanceScale: "Prompt-Treue",
    seed: "Seed",
    numImages: "Bilder",
    sampler: "Sampler",
    loras: "LoRAs",
    strength: "Stärke",
  },
  tools: {
    easel: "Easel",
    automatic1111: "AUTOMATIC1111",
    invokeai: "InvokeAI",
    comfyui: "ComfyUI",
    swarmui: "SwarmUI",
  },
  image: {
    choose: "Einstellungen aus einem Bild lesen…",
    chooseHint:
      "Bilder von Easel und anderen Programmen sagen, wie sie entstanden sind.",
    dropHere: "Lass ein Bild los und sieh, wie es entstanden ist",
    close: "Schließen",
    foundTitle: "So ist dieses Bild entstanden",
    foundBy: "Aus der Datei gelesen, wie {tool} es schreibt.",
    preview: "Das Bild",
    notHere: "Hier nicht verwendbar",
    notHereHint: "Dafür gelten die Vorgaben des Modells.",
    unknown: "Ohne Entsprechung in Easel",
    use: "Einstellungen übernehmen",
    startFrom: "Mit diesem Bild beginnen",
    used: "Die Einstellungen des Bildes sind ausgefüllt.",
    nothingTitle: "Dieses Bild sagt nicht, wie es entstanden ist",
    nothing:
      "Easel, AUTOMATIC1111, ComfyUI, InvokeAI und SwarmUI schreiben es in ihre Dateien, doch Chatprogramme und Bildbearbeitungen entfernen es oft.",
    unreadableTitle: "Diese Datei ist nicht verwendbar",
    unreadable: "Sie ist kein Bild in PNG, WebP oder JPEG, oder größer als {limit} MB.",
  },
  download: {
    download: "{format} herunterladen",
    more: "Weitere Möglichkeiten zum Herunterladen",
    options: "Herunterladen als",
    png: "ganz ohne Verlust",
    webp: "die kleinste Datei",
    jpeg: "lässt sich überall öffnen",
    keepsParameters: "Mit Einstellungen",
    keepsParametersHint: "Prompt, Seed und alles Weitere stehen in der Datei.",
    failed:
      "Das Bild ließ sich nicht laden. Vielleicht ist es auf dem Server nicht mehr da.",
    cannotEncode: "Dieser Browser kann {format} nicht schreiben. PNG geht immer.",
  },
};
