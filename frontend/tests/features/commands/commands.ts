import type { Command } from "@/features/commands/command";

export function command(id: string, part: Partial<Command> = {}): Command {
  return { id, title: id, group: "All", run: () => {}, ...part };
}
