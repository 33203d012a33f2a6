import type { history as original } from "../en/history";
import type { Translation } from "../words";

export const history: Translation<typeof original> = {};
