"use client";

import { Dialog } from "@/components/dialog";
import { Switch } from "@/components/switch";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import type { Command } from "./command";
import { KeyCaps } from "./key-caps";
import { keyNames } from "./key-names";
import { isSingleKey } from "./keys";
import { grouped } from "./palette-sections";
import { isApplePlatform } from "./platform";
import styles from "./shortcuts-sheet.module.css";

type Props = {
  commands: readonly Command[];
  /** Whether keys without Ctrl or Command act. */
  singleLetters: boolean;
  onSingleLettersChange: (singleLetters: boolean) => void;
  onClose: () => void;
};

/** All keys there are, those included that would do nothing just now. */
export function ShortcutsSheet(props: Props) {
  const { commands: words } = useWords();
  const { sheet } = words;
  const withKeys = props.commands.filter(({ keys }) => keys !== undefined);
  const mod = keyNames("mod+k", isApplePlatform(), words.keyNames)[0]?.[0] ?? "";
  return (
    <Dialog
      title={sheet.title}
      closeLabel={sheet.close}
      onClose={props.onClose}
      size="wide"
    >
      <div className={styles.groups}>
        {grouped(withKeys).map(({ title, commands }) => (
          <table key={title} className={styles.group}>
            <caption>{title}</caption>
            <thead className="visually-hidden">
              <tr>
                <th scope="col">{sheet.command}</th>
                <th scope="col">{sheet.keys}</th>
              </tr>
            </thead>
            <tbody>
              {commands.map(({ id, title: name, keys = "" }) => (
                <tr key={id} data-is-off={isSingleKey(keys) && !props.singleLetters}>
                  <th scope="row">{name}</th>
                  <td className={styles.keys}>
                    {isSingleKey(keys) && !props.singleLetters ? (
                      sheet.singleKeys.off
                    ) : (
                      <KeyCaps keys={keys} />
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        ))}
        <div className={styles.choice}>
          <Switch
            label={sheet.singleKeys.label}
            hint={fill(sheet.singleKeys.hint, { mod })}
            isOn={props.singleLetters}
            onChange={props.onSingleLettersChange}
          />
        </div>
      </div>
    </Dialog>
  );
}
