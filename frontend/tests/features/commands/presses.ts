import type { Press } from "@/features/commands/keys";

/** A key with no modifier but the named ones. */
export function press(key: string, besides: Partial<Press> = {}): Press {
  return {
    key,
    code: "",
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    ...besides,
  };
}
