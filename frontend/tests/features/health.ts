import type {
  GatewayHealth,
  RecentGenerations,
  ReplicaDocument,
} from "@/lib/api/generated";

/** A gateway that is well, with one server, unless told otherwise. */
export function health(different: Partial<GatewayHealth> = {}): GatewayHealth {
  return {
    status: "healthy",
    gateway: "running",
    auth: "open",
    queue: { in_flight: 0, max_in_flight: 10, waiting: 0, max_waiting: 40 },
    store: { kind: "sqlite", status: "available" },
    replicas: [replica()],
    version: "0.1.0",
    text2image_server: {
      status: "healthy",
      model_loaded: true,
      cuda_available: false,
      model: "fake",
      device: "cpu",
      version: "0.1.0",
      queued: 3,
      running: 1,
    },
    ...different,
  };
}

export function replica(different: Partial<ReplicaDocument> = {}): ReplicaDocument {
  return {
    url: "http://gpu-1:8001",
    id: "a",
    state: "ready",
    models: ["fake"],
    backlog_s: 0,
    outstanding: 0,
    seconds_per_cost_unit: null,
    detail: null,
    ...different,
  };
}

/** Ten minutes in which nothing happened, unless told otherwise. */
export function recent(different: Partial<RecentGenerations> = {}): RecentGenerations {
  return {
    completed: 0,
    failed: 0,
    images: 0,
    window_s: 600,
    generation_seconds: null,
    last_minute: { completed: 0, failed: 0, images: 0 },
    ...different,
  };
}
