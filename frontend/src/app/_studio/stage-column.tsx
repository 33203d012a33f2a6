"use client";

import dynamic from "next/dynamic";
import type { ReactNode } from "react";
import { Button } from "@/components/button";
import { FailureNotice } from "@/features/generation/failure-notice";
import { isGenerating, type Plan } from "@/features/generation/generation-view";
import {
  type LiveGeneration,
  useLiveGenerations,
} from "@/features/generation/live-generations";
import { ImageChoice } from "@/features/generation/picture-actions";
import { ProgressLine } from "@/features/generation/progress-line";
import {
  GenerationOnStage,
  IdleOnStage,
  PictureOnStage,
  Stage,
} from "@/features/generation/stage";
import type { Size } from "@/features/settings/size-presets";
import { type Picture, picturesOf } from "@/lib/pictures/picture";
import { usePictureUrl } from "@/lib/pictures/use-picture-url";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import { openDialog } from "../_shell/dialogs";
import { enlarge } from "../_shell/picture-commands";
import { IdleStage } from "./idle-stage";
import { chooseImage, type OnStage, showLive } from "./shown";
import styles from "./studio.module.css";

// Not needed before there is a picture.
const PictureDetails = dynamic(
  async () => (await import("./picture-details")).PictureDetails,
);

// Not needed before there are several at once.
const LiveStrip = dynamic(
  async () => (await import("@/features/generation/live-strip")).LiveStrip,
);

type Props = {
  stage: OnStage;
  /** What would be painted now: an empty stage already has its shape. */
  nextPlan: Plan;
  /** A size that needs less memory, where the model has one. */
  smaller: Size | null;
  onTakeSmaller: () => void;
};

/** The stage with what is on it, and below it what can be done about that. */
export function StageColumn({ stage, nextPlan, smaller, onTakeSmaller }: Props) {
  const generations = useLiveGenerations((state) => state.generations);
  const shownKey = stage.kind === "live" ? stage.generation.key : null;
  // What has failed unseen is not to vanish; what is done is among the pictures.
  const open = generations.filter(
    ({ key, view }) =>
      isGenerating(view) || (view.status === "failed" && key !== shownKey),
  );
  // The one on the stage has its progress there.
  const isAlone = open.length === 1 && open[0]?.key === shownKey;
  return (
    <div className={styles.easel}>
      <StageOf stage={stage} nextPlan={nextPlan}>
        {stage.kind === "live" && (
          <LiveDetails
            generation={stage.generation}
            chosen={stage.chosen}
            smaller={smaller}
            onTakeSmaller={onTakeSmaller}
          />
        )}
        {stage.kind !== "nothing" && stage.picture && (
          <PictureDetails picture={stage.picture} />
        )}
        {!isAlone && open.length > 0 && (
          <LiveStrip generations={open} shownKey={shownKey} onShow={showLive} />
        )}
      </StageOf>
    </div>
  );
}

function StageOf({
  stage,
  nextPlan,
  children,
}: {
  stage: OnStage;
  nextPlan: Plan;
  children: ReactNode;
}) {
  switch (stage.kind) {
    case "nothing":
      return (
        <Stage plan={nextPlan} below={children}>
          <IdleOnStage>
            <IdleStage />
          </IdleOnStage>
        </Stage>
      );
    case "live": {
      const { view } = stage.generation;
      return (
        <Stage plan={view.plan} below={children}>
          <GenerationOnStage
            view={view}
            chosen={stage.chosen}
            onEnlarge={(index) => {
              if (view.status !== "completed") return;
              chooseImage(index);
              const picture = picturesOf(view.generation)[index];
              if (picture) enlarge(picture);
            }}
          />
        </Stage>
      );
    }
    case "picture":
      return <EarlierPicture picture={stage.picture}>{children}</EarlierPicture>;
  }
}

function EarlierPicture({
  picture,
  children,
}: {
  picture: Picture;
  children: ReactNode;
}) {
  const url = usePictureUrl(picture, "file");
  const { width, height, recipe } = picture;
  const plan = { prompt: recipe.prompt, width, height, numImages: 1 };
  return (
    <Stage plan={plan} below={children}>
      <PictureOnStage
        url={url}
        prompt={recipe.prompt}
        onEnlarge={() => enlarge(picture)}
      />
    </Stage>
  );
}

function LiveDetails({
  generation: { view },
  chosen,
  smaller,
  onTakeSmaller,
}: {
  generation: LiveGeneration;
  chosen: number;
  smaller: Size | null;
  onTakeSmaller: () => void;
}) {
  const { generation: words } = useWords();
  const isConnected = useLiveGenerations((state) => state.isConnected);
  const count = view.status === "completed" ? view.generation.images.length : 0;
  return (
    <>
      <ProgressLine view={view} isConnected={isConnected} />
      {count > 1 && (
        <ImageChoice count={count} chosen={chosen} onChoose={chooseImage} />
      )}
      {view.status === "failed" && (
        <FailureNotice
          failure={view.failure}
          actions={
            <>
              {view.failure.kind === "out_of_memory" && smaller && (
                <Button onClick={onTakeSmaller}>
                  {fill(words.failure.trySize, smaller)}
                </Button>
              )}
              {view.failure.kind === "key_needed" && (
                <Button onClick={() => openDialog({ kind: "key" })}>
                  {words.failure.giveKey}
                </Button>
              )}
            </>
          }
        />
      )}
    </>
  );
}
