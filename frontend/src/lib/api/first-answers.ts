import type { GatewayHealth, ModelDocument } from "./generated";

/** What the gateway said to the studio's server while that made a page. */
export type FirstAnswers = {
  health: GatewayHealth;
  /** Null where it does not tell: to people with a key only, for instance. */
  models: ModelDocument[] | null;
};
