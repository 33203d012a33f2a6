/** What went wrong and what to do about it, in plain words. Pure. */

import type { Failure } from "@/lib/api/failure";

export type FailureWords = { title: string; advice: string };

export function failureWords(failure: Failure): FailureWords {
  switch (failure.kind) {
    case "offline":
      return {
        title: "This device is offline",
        advice: "Connect to the network, then generate again.",
      };
    case "studio_unreachable":
      return {
        title: "Cannot connect to the studio's server",
        advice:
          "This page is still here and so is your prompt. Generate again when the status above says Ready.",
      };
    case "gateway_unreachable":
      return {
        title: "Cannot connect to gateway",
        advice:
          "The studio keeps looking for it. Generate again as soon as the status above says Ready.",
      };
    case "interrupted":
      return {
        title: "The connection was lost",
        advice: "The picture was not finished. Generate again to start it anew.",
      };
    case "server_unreachable":
      return {
        title: "Cannot connect to text-to-image server",
        advice:
          "The gateway works, but the server that paints does not answer. Whoever runs it can check that it is started.",
      };
    case "server_timeout":
      return {
        title: "Request to text-to-image server timed out",
        advice:
          "Try fewer steps or a smaller size, or again when the server is less busy.",
      };
    case "server_unavailable":
      return {
        title: "Text-to-image server unavailable",
        advice: "It cannot paint at present. Try again in a moment.",
      };
    case "busy":
      return {
        title: "The server is busy",
        advice:
          "It has as much work as it can take. Your prompt is kept; try again soon.",
      };
    case "key_needed":
      return {
        title: "The gateway asks for an API key",
        advice:
          "The studio has none that it may use. Whoever runs it can set EASEL_API_KEY.",
      };
    case "quota_used_up":
      return {
        title: "The images of today are used up",
        advice: "Your prompt is kept. There are new ones after midnight, UTC.",
      };
    case "model_loading":
      return {
        title: "The model is still loading",
        advice: "It cannot paint yet. Try again in a moment.",
      };
    case "out_of_memory":
      return {
        title: "Not enough memory for this picture",
        advice: "A smaller size or fewer images need less.",
      };
    case "invalid_request":
      return {
        title: "The server cannot use these settings",
        advice: "Change what it names and generate again.",
      };
    case "unexpected":
      return {
        title: "Something went wrong",
        advice:
          "Try again. If it stays, report the request id to whoever runs the service.",
      };
  }
}

/** The tier's own words, where they add to the title. */
export function failureDetail(failure: Failure): string | null {
  const { detail } = failure;
  return detail && !failureWords(failure).title.startsWith(detail) ? detail : null;
}
