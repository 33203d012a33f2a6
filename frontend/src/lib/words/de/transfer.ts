import type { transfer as original } from "../en/transfer";
import type { Translation } from "../words";

export const transfer: Translation<typeof original> = {};
