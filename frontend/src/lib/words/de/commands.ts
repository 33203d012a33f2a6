import type { commands as original } from "../en/commands";
import type { Translation } from "../words";

export const commands: Translation<typeof original> = {};
