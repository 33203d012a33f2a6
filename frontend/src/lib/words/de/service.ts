import type { service as original } from "../en/service";
import type { Translation } from "../words";

export const service: Translation<typeof original> = {};
