import type { app as original } from "../en/app";
import type { Translation } from "../words";

export const app: Translation<typeof original> = {};
