import type { status as original } from "../en/status";
import type { Translation } from "../words";

export const status: Translation<typeof original> = {};
