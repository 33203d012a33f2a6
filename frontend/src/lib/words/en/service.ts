export const service = {
  /** The header's dot: one or two words a status. */
  labels: {
    connecting: "Connecting",
    ready: "Ready",
    model_loading: "Model loading",
    server_down: "Server down",
    gateway_down: "Gateway down",
    studio_down: "Studio down",
    offline: "Offline",
  },
  statusPrefix: "Service status: ",
  panelLabel: "Service status",
  bannerLabel: "Service trouble",
  trouble: {
    model_loading: {
      title: "The model is loading",
      advice: "Write your prompt meanwhile: painting can start in a moment.",
    },
    server_down: {
      unreachable: "Cannot connect to text-to-image server",
      stopping: "The text-to-image server is stopping",
      unhealthy: "Text-to-image server unavailable",
      advice:
        "The gateway answers, but nothing can paint. The studio goes on by itself as soon as the server is back.",
    },
    gateway_down: {
      title: "Cannot connect to gateway",
      advice:
        "Your prompt is safe. The studio keeps trying and goes on by itself as soon as the gateway is back.",
    },
    studio_down: {
      title: "Cannot connect to the studio's server",
      advice:
        "Your prompt is safe. This page keeps trying and goes on by itself as soon as the server is back.",
    },
    offline: {
      title: "This device is offline",
      advice: "Your prompt is safe. Painting needs a network connection.",
    },
  },
  tiers: { studio: "Studio", gateway: "Gateway", server: "Text-to-image server" },
  tierWords: {
    thisPage: "this page",
    studioDown: "its server cannot be reached",
    connecting: "connecting",
    offline: "out of reach: this device is offline",
    unknown: "not known",
    unreachable: "cannot be reached",
    running: "running, version {version}",
    draining: "finishing what it has, version {version}",
    stopping: "stopping, version {version}",
    loading: "loading the model",
    onGpu: "{model} loaded, painting on GPU",
    onCpu: "{model} loaded, painting on CPU",
    someModel: "model",
  },
} as const;
