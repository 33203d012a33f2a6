export const generation = {
  submitting: "Sending the prompt",
  next: "Next in the queue",
  place: "Place {position} in the queue",
  painting: "Painting",
  step: "Painting, step {step} of {total}",
  decoding: "Finishing the picture",
  cancelling: "Cancelling",
  reconnecting: "Connection lost, looking for it again",
  progress: "Progress",

  eta: {
    unknown: "estimating the time",
    second: "about a second left",
    seconds: "about {seconds} s left",
    minute: "about a minute left",
    minutes: "about {minutes} min left",
  },

  /** What a screen reader is told. */
  spoken: {
    waiting: "Waiting in the queue.",
    begun: "Painting has begun.",
    percent: "{percent} percent painted.",
    ready: { one: "The picture is ready.", other: "{count} pictures are ready." },
    cancelled: "Cancelled.",
    reconnecting: "The connection was lost. The studio is looking for it again.",
  },

  stage: {
    preview: "Preview: {prompt}",
    image: "{prompt}, generated image",
    enlarge: "Enlarge",
    enlargeImage: "Enlarge image {number}",
    cancelled: "Cancelled before it was finished",
    none: "No picture this time.",
  },

  live: {
    label: "Being painted",
    waiting: "waiting",
    percent: "{percent} %",
    failed: "failed",
    show: "Show: {prompt}",
    cancel: "Cancel: {prompt}",
    dismiss: "Put away: {prompt}",
  },

  actions: {
    label: "What to do with the picture",
    which: "Image",
    restore: "Use settings",
    restoreHint: "Take all its settings again",
    vary: "Vary",
    varyHint: "Paint it again with another seed",
    copyLink: "Copy link",
    compare: "Compare",
    favourite: "Favourite",
    startFrom: "Paint the next one from this picture",
    trash: "Delete",
  },

  failure: {
    label: "What went wrong",
    requestId: "Request id",
    trySize: "Try {width} × {height}",
    tryAgain: "Try again",
    giveKey: "Enter a key",
    offline: {
      title: "This device is offline",
      advice: "Connect to the network, then generate again.",
    },
    studio_unreachable: {
      title: "Cannot connect to the studio's server",
      advice:
        "This page is still here and so is your prompt. Generate again when the status above says Ready.",
    },
    gateway_unreachable: {
      title: "Cannot connect to gateway",
      advice:
        "The studio keeps looking for it. Generate again as soon as the status above says Ready.",
    },
    interrupted: {
      title: "The connection was lost",
      advice: "The picture was not finished. Generate again to start it anew.",
    },
    server_unreachable: {
      title: "Cannot connect to text-to-image server",
      advice:
        "The gateway works, but the server that paints does not answer. Whoever runs it can check that it is started.",
    },
    server_timeout: {
      title: "Request to text-to-image server timed out",
      advice:
        "Try fewer steps or a smaller size, or again when the server is less busy.",
    },
    server_unavailable: {
      title: "Text-to-image server unavailable",
      advice: "It cannot paint at present. Try again in a moment.",
    },
    busy: {
      title: "The server is busy",
      advice:
        "It has as much work as it can take. Your prompt is kept; try again soon.",
    },
    key_needed: {
      title: "The gateway asks for an API key",
      advice: "Enter one, or ask whoever runs the studio for one.",
    },
    quota_used_up: {
      title: "The images of today are used up",
      advice: "Your prompt is kept. There are new ones after midnight, UTC.",
    },
    model_loading: {
      title: "The model is still loading",
      advice: "It cannot paint yet. Try again in a moment.",
    },
    out_of_memory: {
      title: "Not enough memory for this picture",
      advice: "A smaller size or fewer images need less.",
    },
    invalid_request: {
      title: "The server cannot use these settings",
      advice: "Change what it names and generate again.",
    },
    expired: {
      title: "The server no longer knows this picture",
      advice: "It was not fetched in time, or the server was replaced. Generate again.",
    },
    unexpected: {
      title: "Something went wrong",
      advice:
        "Try again. If it stays, report the request id to whoever runs the service.",
    },
  },
} as const;
