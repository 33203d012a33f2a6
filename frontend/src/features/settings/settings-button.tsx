"use client";

import { Icon } from "@/components/icon";
import { useWords } from "@/lib/words/use-words";
import styles from "./settings-button.module.css";
import { SETTINGS_PANEL_ID } from "./settings-panel-id";

/**
 * Opens the settings where they do not fit beside the picture.
 *
 * @param isCompact leaves room for another button: the name is then not shown.
 */
export function SettingsButton({ isCompact }: { isCompact: boolean }) {
  const { settings: words } = useWords();
  return (
    <button
      type="button"
      className={styles.button}
      popoverTarget={SETTINGS_PANEL_ID}
      title={isCompact ? words.title : undefined}
    >
      <Icon name="sliders" />
      <span className={isCompact ? "visually-hidden" : undefined}>{words.title}</span>
    </button>
  );
}
