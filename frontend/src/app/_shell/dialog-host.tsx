"use client";

import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { Button } from "@/components/button";
import { showToast } from "@/components/toasts";
import { playTone } from "@/features/attention/tone";
import { doubtService } from "@/features/service/service-watch";
import { useModels } from "@/features/service/use-models";
import { DownloadMenu } from "@/features/transfer/download-menu";
import { deleteForGood, favour, useLibrary } from "@/lib/pictures/library";
import type { Picture } from "@/lib/pictures/picture";
import { usePreferences } from "@/lib/preferences/preferences";
import { useWords } from "@/lib/words/use-words";
import { restore, vary } from "../_studio/painting";
import { closeDialog, openDialog, useDialogs } from "./dialogs";
import { blobOf, copyLink, discard } from "./picture-commands";

// Rare, each of them: no part of the first load.
const Lightbox = dynamic(
  async () => (await import("@/features/viewer/lightbox")).Lightbox,
);
const Compare = dynamic(
  async () => (await import("@/features/viewer/compare")).Compare,
);
const PreferencesDialog = dynamic(
  async () =>
    (await import("@/features/preferences/preferences-dialog")).PreferencesDialog,
);
const PreferencesSection = dynamic(
  async () =>
    (await import("@/features/preferences/preferences-dialog")).PreferencesSection,
);
const KeyDialog = dynamic(
  async () => (await import("@/features/access/key-dialog")).KeyDialog,
);

/** The dialog that is open; those of the commands are in their own place. */
export function DialogHost() {
  const words = useWords();
  const router = useRouter();
  const opened = useDialogs((state) => state.opened);
  const pictures = useLibrary((state) => state.pictures);
  const models = useModels() ?? [];
  const hasCharacterKeys = usePreferences(({ hasSingleKeys }) => hasSingleKeys);

  /** What has changed since the dialog was opened counts. */
  const current = (shown: readonly Picture[]) =>
    shown
      .map((one) => pictures.find(({ id }) => id === one.id) ?? one)
      .filter(({ trashedAt }) => trashedAt === null);

  const takeOver = (picture: Picture, part: "all" | "prompt" | "seed") => {
    closeDialog();
    router.push("/");
    restore(picture.recipe, words, part);
  };

  switch (opened?.kind) {
    case "lightbox":
      return (
        <Lightbox
          pictures={current(opened.pictures)}
          startAt={opened.startAt}
          models={models}
          hasCharacterKeys={hasCharacterKeys}
          onClose={closeDialog}
          onRestore={takeOver}
          onVary={({ recipe }) => {
            closeDialog();
            router.push("/");
            vary(recipe, words);
          }}
          onCopyLink={(picture) => copyLink(picture, words)}
          onCompare={(picture) =>
            openDialog({
              kind: "compare",
              a: picture,
              b: null,
              choices: current(opened.pictures),
            })
          }
          onFavourite={({ id }, isFavourite) => void favour([id], isFavourite)}
          onTrash={(picture) => discard(picture, words)}
          renderDownload={(picture) => (
            <DownloadMenu picture={picture} loadFile={() => blobOf(picture)} />
          )}
        />
      );
    case "compare":
      return (
        <Compare
          a={opened.a}
          b={opened.b}
          choices={current(opened.choices)}
          models={models}
          hasCharacterKeys={hasCharacterKeys}
          onClose={closeDialog}
          onRestore={takeOver}
        />
      );
    case "preferences":
      return (
        <PreferencesDialog
          pictureCount={pictures.length}
          onDeleteAll={() => deleteForGood(pictures.map(({ id }) => id))}
          onTrySound={() => void playTone("done")}
          onClose={closeDialog}
        >
          <PreferencesSection title={words.access.title}>
            <Button onClick={() => openDialog({ kind: "key" })}>
              {words.access.title}
            </Button>
          </PreferencesSection>
        </PreferencesDialog>
      );
    case "key":
      return (
        <KeyDialog
          onClose={closeDialog}
          onAccepted={() => {
            closeDialog();
            doubtService();
            showToast(words.app.toasts.keyAccepted);
          }}
        />
      );
    default:
      return null;
  }
}
