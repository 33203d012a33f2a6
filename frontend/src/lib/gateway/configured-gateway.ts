/** The gateway that the environment names. */

import type { Gateway } from "./gateway";
import { outageLog } from "./outage-log";

const DEFAULT_URL = "http://localhost:8000";

const logOutage = outageLog((line) => process.stderr.write(`${line}\n`));

/** Read at each call: the same build runs against any gateway. */
export function configuredGateway(): Gateway {
  const { GATEWAY_URL, EASEL_API_KEY } = process.env;
  return {
    url: GATEWAY_URL || DEFAULT_URL,
    apiKey: EASEL_API_KEY || null,
    onOutcome: logOutage,
  };
}

// Waiting longer would take more time than it saves: the browser can ask by itself.
const DEFAULT_PAGE_PATIENCE_MS = 200;

/** How long a page waits for what it is to come with. */
export function pagePatienceMs(): number {
  const { PAGE_PATIENCE_MS } = process.env;
  const set = Number(PAGE_PATIENCE_MS || Number.NaN);
  return set >= 0 && Number.isSafeInteger(set) ? set : DEFAULT_PAGE_PATIENCE_MS;
}
