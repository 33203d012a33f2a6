/** The browser's only way to the gateway: `/api/generate` becomes `/generate` there. */

import { forward } from "@/lib/gateway/forward";
import { outageLog } from "@/lib/gateway/outage-log";

const DEFAULT_GATEWAY_URL = "http://localhost:8000";

const logOutage = outageLog((line) => process.stderr.write(`${line}\n`));

// Read at each call: the same build runs against any gateway.
function toGateway(request: Request): Promise<Response> {
  const { GATEWAY_URL, EASEL_API_KEY } = process.env;
  return forward(request, GATEWAY_URL || DEFAULT_GATEWAY_URL, logOutage, EASEL_API_KEY);
}

export { toGateway as DELETE, toGateway as GET, toGateway as HEAD, toGateway as POST };
