export const app = {
  description: "Describe a picture and watch it being painted.",
  skip: "Skip to the content",
  screens: "Screens",
  studio: "Studio",
  history: "History",
  status: "Status",
  moreStatus: "All about the service",
  news: "News",
  newPicture: "New picture",
  result: "Result",

  idle: {
    connecting: "Connecting to the gateway…",
    loading: "The model is loading",
    loadingProgress: "Loading the model",
    trouble: "Pictures appear here once all is well again.",
    title: "What shall it be?",
    withExamples: "Describe a picture, or begin with one of these.",
    withoutExamples: "Describe a picture and press Generate.",
  },

  toasts: {
    restored: "Its settings are in the form.",
    partlyRestored: "Its settings are in the form, but for: {names}.",
    notKept: {
      one: "The picture could not be kept: the server no longer has its file.",
      other:
        "{count} pictures could not be kept: the server no longer has their files.",
    },
    withoutImage:
      "It began with an image, which is not kept: this one is painted from the prompt alone.",
    startFrom: "The next picture starts from this one.",
    unreadableImage: "This image cannot be read.",
    keyAccepted: "The key is accepted.",
  },

  error: {
    title: "The studio stumbled",
    advice: "Nothing is lost on the server. Open the studio again to go on.",
    again: "Open the studio again",
  },

  notFound: {
    title: "There is no such page",
    advice: "The studio has three: Studio, History and Status.",
    back: "To the studio",
  },
} as const;
