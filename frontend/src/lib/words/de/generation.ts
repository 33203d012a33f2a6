import type { generation as original } from "../en/generation";
import type { Translation } from "../words";

export const generation: Translation<typeof original> = {};
