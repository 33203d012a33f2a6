export const access = {
  title: "API key",
  close: "Close",
  introduction:
    "This Easel paints for people who have a key. Whoever runs it makes one.",
  studio:
    "The studio has a key of its own and uses it for everybody. If the gateway refuses " +
    "it, whoever runs the studio has to replace it.",
  inUse: "Key {id} is in use.",
  forget: "Forget it",
  forgotten: "The key is forgotten.",
  key: "Your key",
  anotherKey: "Another key",
  hint: "It begins with easel_ and is kept for this browser only, where no script can read it.",
  show: "Show the key",
  use: "Use this key",
  checking: "Checking …",
  errors: {
    missing: "Paste a key first.",
    refused:
      "The gateway does not take this key. Is all of it here, and is it still valid?",
    tooMany: "Too many wrong keys were tried. Wait a little, then try again.",
    gatewayAway:
      "The gateway cannot be reached, so the key could not be checked. Try again.",
    studioAway: "The studio's server does not answer. Try again.",
    offline: "This browser is offline.",
    unexpected: "That did not work. Try again.",
  },
} as const;
