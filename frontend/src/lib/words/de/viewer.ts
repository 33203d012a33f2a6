import type { viewer as original } from "../en/viewer";
import type { Translation } from "../words";

export const viewer: Translation<typeof original> = {};
