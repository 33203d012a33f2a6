/** What the palette lists, under which headings. Pure. */

import { availableCommands, type Command } from "./command";
import { searchCommands } from "./search-commands";

export type Section = { title: string; commands: readonly Command[] };

/**
 * Recently used ones first while nothing is typed; else the group of the best hit, with
 * that hit on top. No command is listed twice.
 */
export function paletteSections(
  commands: readonly Command[],
  {
    query,
    recentIds,
    recentTitle,
  }: { query: string; recentIds: readonly string[]; recentTitle: string },
): Section[] {
  const available = availableCommands(commands);
  if (query.trim() !== "") return grouped(searchCommands(available, query));
  const recent = recentIds.flatMap((id) => available.filter((one) => one.id === id));
  const others = grouped(available.filter((one) => !recent.includes(one)));
  return recent.length > 0
    ? [{ title: recentTitle, commands: recent }, ...others]
    : others;
}

/** Groups in the order of their first command. */
export function grouped(commands: readonly Command[]): Section[] {
  const groups = new Map<string, Command[]>();
  for (const command of commands) {
    const group = groups.get(command.group);
    if (group) group.push(command);
    else groups.set(command.group, [command]);
  }
  return [...groups].map(([title, members]) => ({ title, commands: members }));
}
