import type { preferences as original } from "../en/preferences";
import type { Translation } from "../words";

export const preferences: Translation<typeof original> = {};
