/** What is on the stage: a generation of this tab, a picture of earlier, or nothing. */

import { create } from "zustand";
import {
  type LiveGeneration,
  useLiveGenerations,
} from "@/features/generation/live-generations";
import { useLibrary } from "@/lib/pictures/library";
import { type Picture, picturesOf } from "@/lib/pictures/picture";

type Shown =
  | { kind: "nothing" }
  | { kind: "live"; key: string /** Which of its images is meant. */; chosen: number }
  | { kind: "picture"; id: string };

export const useShown = create<{ shown: Shown }>(() => ({
  shown: { kind: "nothing" },
}));

export function showLive(key: string): void {
  useShown.setState({ shown: { kind: "live", key, chosen: 0 } });
}

export function showPicture(id: string): void {
  useShown.setState({ shown: { kind: "picture", id } });
}

export function showNothing(): void {
  useShown.setState({ shown: { kind: "nothing" } });
}

export function chooseImage(chosen: number): void {
  const { shown } = useShown.getState();
  if (shown.kind === "live") useShown.setState({ shown: { ...shown, chosen } });
}

export type OnStage =
  | { kind: "nothing" }
  | {
      kind: "live";
      generation: LiveGeneration;
      chosen: number;
      /** Once it is completed and as long as the chosen one is not in the trash. */
      picture: Picture | null;
    }
  | { kind: "picture"; picture: Picture };

/** Something that is gone, or was put into the trash, leaves the stage empty. */
export function useOnStage(): OnStage {
  const shown = useShown((state) => state.shown);
  const generations = useLiveGenerations((state) => state.generations);
  const pictures = useLibrary((state) => state.pictures);
  return onStage(shown, generations, pictures);
}

/** The same outside of rendering. */
export function getOnStage(): OnStage {
  return onStage(
    useShown.getState().shown,
    useLiveGenerations.getState().generations,
    useLibrary.getState().pictures,
  );
}

function onStage(
  shown: Shown,
  generations: readonly LiveGeneration[],
  pictures: readonly Picture[],
): OnStage {
  switch (shown.kind) {
    case "nothing":
      return shown;
    case "picture": {
      const picture = pictures.find(({ id }) => id === shown.id);
      return picture && picture.trashedAt === null
        ? { kind: "picture", picture }
        : { kind: "nothing" };
    }
    case "live": {
      const generation = generations.find(({ key }) => key === shown.key);
      if (!generation) return { kind: "nothing" };
      const { view } = generation;
      if (view.status !== "completed") {
        return { kind: "live", generation, chosen: 0, picture: null };
      }
      const painted = picturesOf(view.generation)[shown.chosen] ?? null;
      // Not kept yet, or not at all: it can be used all the same.
      const picture = pictures.find(({ id }) => id === painted?.id) ?? painted;
      const isThere = picture?.trashedAt === null;
      if (!isThere && view.generation.images.length === 1) return { kind: "nothing" };
      const { chosen } = shown;
      return { kind: "live", generation, chosen, picture: isThere ? picture : null };
    }
  }
}

/** The picture that commands and the action row are about. */
export function pictureOf(stage: OnStage): Picture | null {
  return stage.kind === "nothing" ? null : stage.picture;
}
