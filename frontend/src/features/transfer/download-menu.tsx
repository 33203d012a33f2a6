"use client";

import { type ToggleEvent, useId, useRef } from "react";
import { Button } from "@/components/button";
import { Icon } from "@/components/icon";
import { FILE_FORMATS, type FileFormat } from "@/lib/image-metadata/file-format";
import type { Picture } from "@/lib/pictures/picture";
import { changePreferences, usePreferences } from "@/lib/preferences/preferences";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import styles from "./download-menu.module.css";
import { FORMAT_NAMES, useDownload } from "./use-download";

type Props = {
  picture: Picture;
  /** The picture's own file; rejects where it cannot be had. */
  loadFile: () => Promise<Blob>;
};

/** Download as the last time, in one press; the other ways are behind the arrow. */
export function DownloadMenu({ picture, loadFile }: Props) {
  const { transfer } = useWords();
  const words = transfer.download;
  const downloadFormat = usePreferences((preferences) => preferences.downloadFormat);
  const keepsParameters = usePreferences((preferences) => preferences.keepsParameters);
  const { isBusy, download } = useDownload(picture, loadFile);
  const label = fill(words.download, { format: FORMAT_NAMES[downloadFormat] });
  const panelId = useId();
  const panel = useRef<HTMLElement>(null);
  const opener = useRef<HTMLButtonElement>(null);

  function downloadAs(format: FileFormat) {
    panel.current?.hidePopover();
    changePreferences({ downloadFormat: format });
    void download({ format, keepsParameters });
  }

  return (
    <div className={styles.menu}>
      <Button
        title={label}
        aria-disabled={isBusy}
        onClick={() => void download({ format: downloadFormat, keepsParameters })}
      >
        <Icon name="download" />
        <span className={styles.label}>{label}</span>
      </Button>
      <button
        ref={opener}
        type="button"
        className={styles.opener}
        popoverTarget={panelId}
        aria-label={words.more}
        title={words.more}
      >
        <Icon name="arrowDown" />
      </button>
      <section
        ref={panel}
        id={panelId}
        popover="auto"
        aria-label={words.options}
        className={styles.panel}
        onBeforeToggle={(event) => placeBeside(event, opener.current)}
      >
        <p className={styles.title}>{words.options}</p>
        {FILE_FORMATS.map((format) => (
          <button
            key={format}
            type="button"
            className={styles.format}
            onClick={() => downloadAs(format)}
          >
            <strong>{FORMAT_NAMES[format]}</strong>
            <span>{words[format]}</span>
          </button>
        ))}
        <label className={styles.option}>
          <input
            type="checkbox"
            checked={keepsParameters}
            onChange={(event) =>
              changePreferences({ keepsParameters: event.target.checked })
            }
          />
          <span>
            {words.keepsParameters}
            <small>{words.keepsParametersHint}</small>
          </span>
        </label>
      </section>
    </div>
  );
}

/** Above the arrow or below it, wherever there is more room; the style sheet does the rest. */
function placeBeside(event: ToggleEvent<HTMLElement>, opener: Element | null): void {
  if (event.newState !== "open" || !opener) return;
  const { top, bottom, right } = opener.getBoundingClientRect();
  const { style, dataset } = event.currentTarget;
  const isAbove = top > innerHeight - bottom;
  dataset.side = isAbove ? "above" : "below";
  style.setProperty("--opener-right", `${right}px`);
  style.setProperty("--opener-edge", `${isAbove ? innerHeight - top : bottom}px`);
}
