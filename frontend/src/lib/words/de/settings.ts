import type { settings as original } from "../en/settings";
import type { Translation } from "../words";

export const settings: Translation<typeof original> = {};
