import type { theme as original } from "../en/theme";
import type { Translation } from "../words";

export const theme: Translation<typeof original> = {};
