"use client";

import { type ReactNode, useState } from "react";
import { Dialog } from "@/components/dialog";
import { Switch } from "@/components/switch";
import { changePreferences, usePreferences } from "@/lib/preferences/preferences";
import { useWords } from "@/lib/words/use-words";
import { Appearance } from "./appearance";
import { DeleteAllDialog } from "./delete-all-dialog";
import { NotifySwitch } from "./notify-switch";
import styles from "./preferences-dialog.module.css";
import { StoredPictures } from "./stored-pictures";

type Props = {
  /** How many pictures this browser keeps, those in the trash included. */
  pictureCount: number;
  /** Deletes them for good; rejects if it cannot. */
  onDeleteAll: () => Promise<void>;
  /** Plays what is heard when a picture is done. */
  onTrySound: () => void;
  onClose: () => void;
  /** Further sections, such as the one for an API key. */
  children?: ReactNode;
};

export function PreferencesDialog(props: Props) {
  const { preferences: words } = useWords();
  const preferences = usePreferences((all) => all);
  const [isAsking, setIsAsking] = useState(false);
  return (
    <>
      <Dialog title={words.title} closeLabel={words.close} onClose={props.onClose}>
        <div className={styles.sections}>
          <PreferencesSection title={words.appearance.title}>
            <Appearance theme={preferences.theme} />
          </PreferencesSection>
          <PreferencesSection title={words.attention.title}>
            <p className={styles.note}>{words.attention.note}</p>
            <NotifySwitch isOn={preferences.notifies} />
            <Switch
              label={words.attention.sound}
              hint={words.attention.soundHint}
              isOn={preferences.playsSound}
              onChange={(playsSound) => {
                changePreferences({ playsSound });
                if (playsSound) props.onTrySound();
              }}
            />
          </PreferencesSection>
          <PreferencesSection title={words.files.title}>
            <Switch
              label={words.files.keepsParameters}
              hint={words.files.keepsParametersHint}
              isOn={preferences.keepsParameters}
              onChange={(keepsParameters) => changePreferences({ keepsParameters })}
            />
          </PreferencesSection>
          <PreferencesSection title={words.keyboard.title}>
            <Switch
              label={words.keyboard.singleKeys}
              hint={words.keyboard.singleKeysHint}
              isOn={preferences.hasSingleKeys}
              onChange={(hasSingleKeys) => changePreferences({ hasSingleKeys })}
            />
          </PreferencesSection>
          {props.children}
          <PreferencesSection title={words.storage.title}>
            <StoredPictures
              count={props.pictureCount}
              onDelete={() => setIsAsking(true)}
            />
          </PreferencesSection>
        </div>
      </Dialog>
      {isAsking && (
        <DeleteAllDialog
          count={props.pictureCount}
          onDelete={props.onDeleteAll}
          onClose={() => setIsAsking(false)}
        />
      )}
    </>
  );
}

/** What belongs together, under a heading of its own. */
export function PreferencesSection({
  title,
  children,
}: {
  title: string;
  children: ReactNode;
}) {
  return (
    <section className={styles.section}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}
