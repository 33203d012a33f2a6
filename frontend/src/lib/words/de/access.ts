import type { access as original } from "../en/access";
import type { Translation } from "../words";

export const access: Translation<typeof original> = {};
