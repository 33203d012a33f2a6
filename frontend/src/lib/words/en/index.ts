import type { Language } from "../language";
import { access } from "./access";
import { app } from "./app";
import { commands } from "./commands";
import { generation } from "./generation";
import { history } from "./history";
import { preferences } from "./preferences";
import { service } from "./service";
import { settings } from "./settings";
import { status } from "./status";
import { transfer } from "./transfer";
import { viewer } from "./viewer";

/** The studio in English, the original. */
export const en = {
  /** BCP 47, also for numbers and dates. */
  language: "en" as Language,
  access,
  app,
  commands,
  generation,
  history,
  preferences,
  service,
  settings,
  status,
  transfer,
  viewer,
} as const;
