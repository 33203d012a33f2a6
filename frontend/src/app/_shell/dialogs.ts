/** Which of the dialogs that any screen can open is open: one at most. */

import { create } from "zustand";
import type { Picture } from "@/lib/pictures/picture";

export type Opened =
  | { kind: "lightbox"; pictures: readonly Picture[]; startAt: string }
  | { kind: "compare"; a: Picture; b: Picture | null; choices: readonly Picture[] }
  | { kind: "preferences" }
  | { kind: "palette" }
  | { kind: "shortcuts" }
  | { kind: "key" };

export const useDialogs = create<{ opened: Opened | null }>(() => ({ opened: null }));

export function openDialog(opened: Opened): void {
  useDialogs.setState({ opened });
}

export function closeDialog(): void {
  useDialogs.setState({ opened: null });
}
