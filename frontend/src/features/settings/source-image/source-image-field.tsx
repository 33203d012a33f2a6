"use client";

import { type ReactNode, useState } from "react";
import { Button } from "@/components/button";
import { FieldGroup } from "@/components/field";
import { Icon } from "@/components/icon";
import { IconButton } from "@/components/icon-button";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import { STRENGTH_RANGE } from "../check-settings";
import { messageFor } from "../faults";
import { fieldId } from "../focus-field";
import { NumberField } from "../number-field";
import { DEFAULT_STRENGTH, sizeOf, withSize } from "../settings";
import type { SettingsProps } from "../settings-panel";
import { forgetFault } from "../settings-store";
import { isSameShape, sizeLike } from "../size-presets";
import { DropZone, FileButton } from "./image-file";
import type { SourceImage } from "./source";
import styles from "./source-image-field.module.css";
import { removeSourceImage, setMask, useSource } from "./source-store";

/** Shows a dialog in which a part of `image` is marked; closed by either callback. */
export type RenderMaskEditor = (editor: {
  image: SourceImage;
  mask: string | null;
  onDone: (mask: string | null) => void;
  onClose: () => void;
}) => ReactNode;

type Props = SettingsProps & { renderMaskEditor: RenderMaskEditor | undefined };

/** The image to start from: chosen, dropped or pasted; with how much of it stays. */
export function SourceImageField({ renderMaskEditor, ...common }: Props) {
  const { model, settings, fault, onChange } = common;
  const { image: words } = useWords().settings;
  const { image, mask, status } = useSource();
  const [isMarking, setIsMarking] = useState(false);
  const error = messageFor(fault, "image") ?? messageFor(fault, "mask");
  const trouble =
    status === "unreadable" || status === "too_large"
      ? { unreadable: words.unreadable, too_large: words.tooLarge }[status]
      : null;
  return (
    <FieldGroup id={fieldId("image")} label={words.label} error={trouble ?? error}>
      <DropZone>
        {image ? (
          <div className={styles.chosen}>
            <Thumbnail image={image} mask={model.features.inpainting ? mask : null} />
            <div className={styles.actions}>
              <FileButton label={words.replace} />
              <IconButton
                label={words.remove}
                onClick={() => {
                  forgetFault();
                  removeSourceImage();
                  document.getElementById(fieldId("image"))?.focus();
                }}
              >
                <Icon name="trash" />
              </IconButton>
            </div>
          </div>
        ) : (
          <div className={styles.empty}>
            <FileButton label={words.choose} />
            <span className={styles.orDrop}>
              {status === "preparing" ? words.preparing : words.orDrop}
            </span>
          </div>
        )}
      </DropZone>
      {image && (
        <div className={styles.options}>
          <ShapeHint {...common} image={image} />
          {model.features.inpainting && renderMaskEditor && (
            <div className={styles.actions}>
              <Button onClick={() => setIsMarking(true)} id={fieldId("mask")}>
                <Icon name="brush" />
                {mask ? words.editMask : words.mark}
              </Button>
              {mask && (
                <IconButton
                  label={words.removeMask}
                  onClick={() => {
                    setMask(null);
                    document.getElementById(fieldId("mask"))?.focus();
                  }}
                >
                  <Icon name="close" />
                </IconButton>
              )}
            </div>
          )}
          <NumberField
            id={fieldId("strength")}
            label={words.strength}
            hint={words.strengthHint}
            value={settings.strength}
            defaultValue={DEFAULT_STRENGTH}
            range={STRENGTH_RANGE}
            step={0.05}
            error={messageFor(fault, "strength")}
            onChange={(strength) => onChange({ strength })}
          />
        </div>
      )}
      {image &&
        isMarking &&
        renderMaskEditor?.({
          image,
          mask,
          onDone: (marked) => {
            setMask(marked);
            setIsMarking(false);
          },
          onClose: () => setIsMarking(false),
        })}
    </FieldGroup>
  );
}

/** The image with what is marked of it. */
function Thumbnail({ image, mask }: { image: SourceImage; mask: string | null }) {
  const { image: words } = useWords().settings;
  return (
    <span className={styles.thumbnail}>
      <img src={image.dataUrl} alt={words.alt} />
      {mask && <span className={styles.mask} style={{ maskImage: `url("${mask}")` }} />}
    </span>
  );
}

/** Another shape means that the edges of the image are lost: says so, offers its own. */
function ShapeHint({
  image,
  model,
  settings,
  onChange,
}: SettingsProps & { image: SourceImage }) {
  const { image: words } = useWords().settings;
  const size = sizeOf(settings, model);
  const own = sizeLike(image, size, model.sizes);
  if (isSameShape(size, image)) return null;
  return (
    <div className={styles.shape}>
      <p>{words.otherShape}</p>
      {!isSameShape(own, size) && (
        <Button onClick={() => onChange(withSize(own))}>
          {fill(words.takeShape, { size: `${own.width} × ${own.height}` })}
        </Button>
      )}
    </div>
  );
}
