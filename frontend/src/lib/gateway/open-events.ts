/** Opens the gateway's event stream of one generation. */

import type { Response as GatewayResponse } from "undici";
import type { Followed } from "@/lib/api/followed";
import { isProblem } from "@/lib/api/problem";
import { askGateway, type Gateway } from "./gateway";
import { responseHeaders } from "./hop-headers";

/** Its events, or why there will never be any: a problem document as it came. */
export type Opened =
  | { body: AsyncIterable<Uint8Array>; problem?: undefined }
  | { problem: string };

/** There are none at present: the server restarts, the key does not hold, … */
export class RefusedForNow extends Error {
  constructor(readonly response: Response) {
    super(`The gateway answered with status ${response.status}.`);
  }
}

// These speak of the generation; any other status of the moment or of the caller.
const NEVER = [400, 404, 410, 422];

/** @throws RefusedForNow, or what fetch throws if the gateway is away. */
export async function openEvents(
  gateway: Gateway,
  request: Request,
  requestId: string,
  { id, lastEventId }: Followed,
  call: Pick<Parameters<typeof askGateway>[3], "signal" | "connections">,
): Promise<Opened> {
  const answer = await askGateway(gateway, request, requestId, {
    ...call,
    path: `/generations/${id}/events`,
    headers: { accept: "text/event-stream", "last-event-id": lastEventId },
  });
  if (answer.status === 200 && answer.body) return { body: answer.body };
  const text = await answer.text();
  if (NEVER.includes(answer.status) && isProblemText(text)) return { problem: text };
  throw new RefusedForNow(asResponse(answer, text));
}

function isProblemText(text: string): boolean {
  try {
    return isProblem(JSON.parse(text));
  } catch {
    return false;
  }
}

function asResponse({ status, headers }: GatewayResponse, text: string): Response {
  const passed = responseHeaders(headers);
  passed.delete("content-length");
  return new Response(text, { status, headers: passed });
}
