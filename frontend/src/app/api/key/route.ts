/** The key of whoever uses this browser, where the gateway asks for one. */

import { configuredGateway } from "@/lib/gateway/configured-gateway";
import { forgetKey, takeKey, tellKey } from "@/lib/gateway/key-answers";

// Each reads the environment, so none of it is made at build time.
export const dynamic = "force-dynamic";

export function GET(request: Request): Response {
  return tellKey(request, configuredGateway());
}

export function POST(request: Request): Promise<Response> {
  return takeKey(request, configuredGateway());
}

export function DELETE(request: Request): Response {
  return forgetKey(request, configuredGateway());
}
