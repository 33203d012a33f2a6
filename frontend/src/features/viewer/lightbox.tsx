"use client";

import { type KeyboardEvent, useEffect, useEffectEvent, useId, useState } from "react";
import { Dialog } from "@/components/dialog";
import { Icon } from "@/components/icon";
import { IconButton } from "@/components/icon-button";
import type { ModelDocument } from "@/lib/api/generated";
import type { Picture } from "@/lib/pictures/picture";
import { fill } from "@/lib/words/format";
import { shortened } from "@/lib/words/shortened";
import { useWords } from "@/lib/words/use-words";
import { InfoPanel } from "./info-panel";
import styles from "./lightbox.module.css";
import { Pane, Sheet } from "./pane";
import { PictureActionBar, type PictureActions } from "./picture-actions";
import { PictureImage } from "./picture-image";
import { indexOfPlace, moved, type Place } from "./place";
import { useZoom } from "./use-zoom";
import { keyForViewer, partOfKey, stepsOfKey, viewCommand } from "./viewer-keys";
import { ZoomControls } from "./zoom-controls";

type Props = PictureActions & {
  /** In the order in which the arrows lead through them; they may change meanwhile. */
  pictures: readonly Picture[];
  /** The id of the one to begin with. */
  startAt: string;
  /** Also asked for when no picture is left. */
  onClose: () => void;
  /** For the names of those that painted; any other is called by its id. */
  models?: readonly ModelDocument[];
  /** False where a person has turned off keys that are a character. */
  hasCharacterKeys?: boolean;
};

/** One picture on the whole screen, with all that is known of it, and its neighbours. */
export function Lightbox({ pictures, startAt, ...props }: Props) {
  const [place, setPlace] = useState<Place>(() => ({
    id: startAt,
    index: pictures.findIndex(({ id }) => id === startAt),
  }));
  const index = indexOfPlace(place, pictures);
  const picture = pictures[index];

  const close = useEffectEvent(() => props.onClose());
  const isEmpty = picture === undefined;
  useEffect(() => {
    if (isEmpty) close();
  }, [isEmpty]);

  if (!picture) return null;
  return (
    <LightboxDialog
      {...props}
      pictures={pictures}
      picture={picture}
      index={index}
      onGo={setPlace}
    />
  );
}

function LightboxDialog({
  pictures,
  picture,
  index,
  onGo,
  onClose,
  models = [],
  hasCharacterKeys = true,
  ...actions
}: Omit<Props, "startAt"> & {
  picture: Picture;
  index: number;
  onGo: (place: Place) => void;
}) {
  const { viewer: words } = useWords();
  const zoom = useZoom(picture.id, picture);
  const panelId = useId();
  const [said, say] = useState("");
  // A dialog is never part of the server's page, so there is a window to ask.
  const [hasPanel, setHasPanel] = useState(
    () => matchMedia("(width >= 768px)").matches,
  );
  const count = pictures.length;

  function go(steps: number) {
    const next = moved(index, steps, pictures);
    const shown = next && pictures[next.index];
    if (!shown || next.index === index) return;
    onGo(next);
    const prompt = shortened(shown.recipe.prompt);
    say(fill(words.announced, { index: next.index + 1, count, prompt }));
  }

  /** @returns whether the key means something here. */
  function obeyKey(key: string): boolean {
    const command = viewCommand(key, zoom.isCropped);
    const steps = stepsOfKey(key);
    const part = partOfKey(key);
    if (command) zoom.obey(command);
    else if (steps !== null) go(steps);
    else if (part) actions.onRestore(picture, part);
    else if (key === "Delete" && actions.onTrash) actions.onTrash(picture);
    else return false;
    return true;
  }

  function pressKey(event: KeyboardEvent) {
    const key = keyForViewer(event, hasCharacterKeys);
    if (key && obeyKey(key)) event.preventDefault();
  }

  return (
    <Dialog
      title={fill(words.place, { index: index + 1, count })}
      closeLabel={words.close}
      size="screen"
      onClose={onClose}
      onKeyDown={pressKey}
      actions={
        <IconButton
          label={words.details}
          aria-expanded={hasPanel}
          aria-controls={hasPanel ? panelId : undefined}
          onClick={() => setHasPanel(!hasPanel)}
        >
          <Icon name="info" />
        </IconButton>
      }
    >
      <div className={styles.lightbox} data-panel={hasPanel}>
        <div className={styles.stage}>
          <Pane zoom={zoom} onSwipe={(direction) => go(-direction)}>
            <Sheet zoom={zoom}>
              {pictures.slice(Math.max(0, index - 1), index + 2).map((one) => (
                <PictureImage
                  key={one.id}
                  picture={one}
                  isHidden={one.id !== picture.id}
                />
              ))}
            </Sheet>
          </Pane>
          <div className={styles.previous}>
            <IconButton
              label={words.previous}
              aria-disabled={index === 0}
              onClick={() => go(-1)}
            >
              <Icon name="arrowLeft" />
            </IconButton>
          </div>
          <div className={styles.next}>
            <IconButton
              label={words.next}
              aria-disabled={index === count - 1}
              onClick={() => go(1)}
            >
              <Icon name="arrowRight" />
            </IconButton>
          </div>
          <ZoomControls zoom={zoom} />
        </div>
        <PictureActionBar
          picture={picture}
          actions={actions}
          hasCharacterKeys={hasCharacterKeys}
        />
        {hasPanel && (
          <InfoPanel
            id={panelId}
            picture={picture}
            models={models}
            hasCharacterKeys={hasCharacterKeys}
            onRestore={actions.onRestore}
            onSay={say}
          />
        )}
      </div>
      <p className="visually-hidden" role="status">
        {said}
      </p>
    </Dialog>
  );
}
