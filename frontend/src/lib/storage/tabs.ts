/** Which tab this is, and which others are there. */

import { randomId } from "@/lib/random-id";

const KEY = "easel-tab";

// Another tab answers within a few milliseconds, unless it is busy.
const PATIENCE_MS = 300;

type Message = { ask: true } | { alive: string };

let channel: BroadcastChannel | null = null;
let own: string | null = null;

/** The same after a reload, another one in every tab. */
export function thisTab(): string {
  own ??= stored();
  if (!channel) {
    channel = new BroadcastChannel("easel-tabs");
    channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if ("ask" in data) channel?.postMessage({ alive: own });
    };
  }
  return own;
}

/** Those of `tabs` that do not answer: they were closed. */
export async function orphansAmong(tabs: ReadonlySet<string>): Promise<Set<string>> {
  const silent = new Set(tabs);
  const asking = new BroadcastChannel("easel-tabs");
  asking.onmessage = ({ data }: MessageEvent<Message>) => {
    if ("alive" in data) silent.delete(data.alive);
  };
  asking.postMessage({ ask: true });
  await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  asking.close();
  return silent;
}

function stored(): string {
  try {
    const known = sessionStorage.getItem(KEY);
    if (known) return known;
    const fresh = randomId();
    sessionStorage.setItem(KEY, fresh);
    return fresh;
  } catch {
    return randomId();
  }
}
