/** Generations that have not ended, on disk: what a reload needs to find them again. */

import type { GenerationRequest } from "@/lib/api/generated";
import { openDatabase } from "./database";
import { orphansAmong, thisTab } from "./tabs";

export type LiveRecord = {
  /** The `Idempotency-Key` under which it was, or will be, asked for. */
  key: string;
  request: GenerationRequest;
  /** Null until a server has taken it. */
  id: string | null;
  /** Milliseconds since the epoch. */
  submittedAt: number;
  /** Whose it is: two tabs of one person need not show each other's. */
  tab: string;
};

/** Where the browser keeps nothing, a reload forgets it: nothing worse. */
export async function rememberLive(record: Omit<LiveRecord, "tab">): Promise<void> {
  await quietly(async () => {
    await (await openDatabase()).put("live", { ...record, tab: thisTab() });
  });
}

export async function forgetLive(key: string): Promise<void> {
  await quietly(async () => {
    await (await openDatabase()).delete("live", key);
  });
}

/** Those of this tab, and those of tabs that are gone, which become this tab's. */
export async function claimLive(): Promise<LiveRecord[]> {
  const claimed: LiveRecord[] = [];
  await quietly(async () => {
    const database = await openDatabase();
    const records = await database.getAll("live");
    const mine = thisTab();
    const others = new Set(records.map(({ tab }) => tab).filter((tab) => tab !== mine));
    const orphans = others.size > 0 ? await orphansAmong(others) : others;
    for (const record of records) {
      if (record.tab !== mine && !orphans.has(record.tab)) continue;
      claimed.push(record);
      if (record.tab !== mine) await database.put("live", { ...record, tab: mine });
    }
  });
  return claimed;
}

/** Browsers that keep nothing say so in many ways: by exceptions, or by no database. */
async function quietly(work: () => Promise<void>): Promise<void> {
  await work().catch(() => {});
}
