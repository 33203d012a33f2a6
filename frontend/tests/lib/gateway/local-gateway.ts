/** Gateways of one test, listening on ports of their own. */

import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach } from "vitest";
import type { Gateway } from "@/lib/gateway/gateway";

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

export function gatewayAt(url: string): Gateway {
  return { url, apiKey: null, onOutcome: () => {} };
}

/** Nobody listens there. */
export const DEAD_GATEWAY = gatewayAt("http://127.0.0.1:1");

export async function localGateway(answer: RequestListener): Promise<Gateway> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return gatewayAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}
