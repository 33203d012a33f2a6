/** The API key that the studio uses for a person: asked, given, forgotten. */

import { call } from "./client";

/** How `/api/key` answers. */
export type AccessKey = {
  /** Whose key goes to the gateway. */
  source: "studio" | "person" | "none";
  /** What names a person's key in the gateway's lists. */
  public_id: string | null;
};

const PATH = "/key";

/** @throws CallFailed */
export async function fetchAccessKey(signal: AbortSignal): Promise<AccessKey> {
  return await (await call(PATH, { signal, cache: "no-store" })).json();
}

/**
 * Have the studio keep `key` where no script can read it.
 *
 * @throws CallFailed, of the kind `key_needed` if the gateway does not take it.
 */
export async function giveAccessKey(key: string): Promise<AccessKey> {
  const response = await call(PATH, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ key }),
  });
  return await response.json();
}

/** @throws CallFailed */
export async function forgetAccessKey(): Promise<AccessKey> {
  return await (await call(PATH, { method: "DELETE" })).json();
}
