export const preferences = {
  title: "Preferences",
  close: "Close",
  appearance: {
    title: "Appearance",
    theme: "Theme",
    themes: { system: "System", light: "Light", dark: "Dark" },
    language: "Language",
  },
  keyboard: {
    title: "Keyboard",
    singleKeys: "Shortcuts of a single key",
    singleKeysHint: "For example R. They never act while you type.",
  },
  attention: {
    title: "When a picture is done or has failed",
    note: "The tab’s title and icon tell it, too, while you are elsewhere.",
    notify: "Notify me",
    notifyHint: "Only while the studio is in another tab; shows the prompt.",
    blocked:
      "Your browser blocks notifications of this page. Allow them in its settings for this site, then try again.",
    insecure: "Browsers notify only for pages that come by https.",
    unsupported: "This browser cannot notify.",
    sound: "Play a sound",
    soundHint: "A short tone, only while the studio is in another tab.",
  },
  files: {
    title: "Files",
    keepsParameters: "Keep the settings in downloaded pictures",
    keepsParametersHint:
      "Prompt, seed and the rest travel in the file, so that it can be painted again. Whoever gets the file can read them.",
  },
  storage: {
    title: "Pictures in this browser",
    kept: {
      one: "{count} picture is kept in this browser.",
      other: "{count} pictures are kept in this browser.",
    },
    used: "The studio uses {used} here; there is room for {quota}.",
    deleteAll: "Delete all pictures…",
    question: "Delete all pictures?",
    consequence: {
      one: "{count} picture will be gone from this browser for good, favourite or not. There is no undo.",
      other:
        "{count} pictures will be gone from this browser for good, favourites and the trash included. There is no undo.",
    },
    confirm: "Delete all",
    keep: "Keep them",
    deleted: "All pictures are deleted.",
    failed: "The pictures could not be deleted.",
  },
  /** In the tab's title and in notifications. */
  news: {
    done: "✓ Done – {page}",
    failed: "✗ Failed – {page}",
    doneTitle: "Your picture is ready",
    failedTitle: "A picture has failed",
  },
} as const;
