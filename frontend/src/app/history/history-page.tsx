"use client";

import { useRouter } from "next/navigation";
import { HistoryScreen } from "@/features/history/history-screen";
import { useLibrary } from "@/lib/pictures/library";
import { useWords } from "@/lib/words/use-words";
import { openDialog } from "../_shell/dialogs";
import { restore } from "../_studio/painting";

/** The History screen, with the ways to the viewer and back into the form. */
export function HistoryPage() {
  const words = useWords();
  const router = useRouter();
  return (
    <main id="content">
      <HistoryScreen
        onOpen={({ id }, visible) =>
          openDialog({ kind: "lightbox", pictures: visible, startAt: id })
        }
        onCompare={(a, b) =>
          openDialog({
            kind: "compare",
            a,
            b,
            choices: useLibrary.getState().pictures,
          })
        }
        onRestore={(recipe) => {
          router.push("/");
          restore(recipe, words);
        }}
      />
    </main>
  );
}
