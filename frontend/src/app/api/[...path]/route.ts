/** The browser's only way to the gateway: `/api/generate` becomes `/generate` there. */

import { configuredGateway } from "@/lib/gateway/configured-gateway";
import { forward } from "@/lib/gateway/forward";

function toGateway(request: Request): Promise<Response> {
  return forward(request, configuredGateway());
}

export { toGateway as DELETE, toGateway as GET, toGateway as HEAD, toGateway as POST };
