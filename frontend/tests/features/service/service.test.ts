import { describe, expect, test } from "vitest";
import {
  recheckAfterS,
  serviceFromFailure,
  serviceFromHealth,
} from "@/features/service/service";
import { serviceWords, tierLines } from "@/features/service/service-words";
import { failureFromResponse, failureWithoutAnswer } from "@/lib/api/failure";
import type { GatewayHealth, UpstreamHealth } from "@/lib/api/generated";
import { gatewayUnreachable } from "@/lib/gateway/problem-response";
import { en } from "@/lib/words/en";

function health(server: Partial<UpstreamHealth>): GatewayHealth {
  return {
    status: "healthy",
    gateway: "running",
    auth: "open",
    queue: { in_flight: 0, max_in_flight: 10, waiting: 0, max_waiting: 40 },
    store: { kind: "sqlite", status: "available" },
    replicas: [],
    version: "1.0",
    text2image_server: {
      status: "healthy",
      model_loaded: true,
      cuda_available: false,
      ...server,
    },
  };
}

describe("which tier is in the way", () => {
  test.each([
    ["healthy", "ready"],
    ["loading", "model_loading"],
    ["stopping", "server_down"],
    ["unhealthy", "server_down"],
    ["unreachable", "server_down"],
  ] as const)("a server that is %s makes the service %s", (server, status) => {
    expect(serviceFromHealth(health({ status: server })).status).toBe(status);
  });

  test("without an answer it is the studio's server, unless the device is offline", () => {
    expect(serviceFromFailure(failureWithoutAnswer(true)).status).toBe("studio_down");
    expect(serviceFromFailure(failureWithoutAnswer(false)).status).toBe("offline");
  });

  test("an answer of our own server means the gateway", async () => {
    const failure = await failureFromResponse(gatewayUnreachable("r"));
    expect(serviceFromFailure(failure).status).toBe("gateway_down");
  });
});

test("trouble and doubt are looked at again soon, health seldom", () => {
  const ready = serviceFromHealth(health({}));
  const seldom = recheckAfterS(ready, "calm");
  expect(recheckAfterS({ status: "gateway_down" }, "calm")).toBeLessThan(seldom);
  expect(recheckAfterS(ready, "doubtful")).toBeLessThan(seldom);
});

test("gateway and server have different words for being away", () => {
  const gateway = serviceWords({ status: "gateway_down" }, en.service);
  const detail = "Cannot connect to text-to-image server";
  const server = serviceWords(
    serviceFromHealth(health({ status: "unreachable", detail })),
    en.service,
  );
  expect(gateway.trouble?.title).toBe("Cannot connect to gateway");
  expect(server.trouble?.title).toBe(detail);
});

test("three tiers are named, with what the server said of itself", () => {
  const lines = tierLines(
    serviceFromHealth(health({ model: "easel-mini" })),
    en.service,
  );
  expect(lines.map((line) => `${line.name}: ${line.words}`)).toEqual([
    "Studio: this page",
    "Gateway: running, version 1.0",
    "Text-to-image server: easel-mini loaded, painting on CPU",
  ]);
});
