import { Fragment } from "react";
import { useWords } from "@/lib/words/use-words";
import styles from "./key-caps.module.css";
import { keyNames } from "./key-names";
import { isApplePlatform } from "./platform";

/** Keys as they look on this keyboard; only for what is rendered in the browser. */
export function KeyCaps({ keys }: { keys: string }) {
  const { commands: words } = useWords();
  const presses = keyNames(keys, isApplePlatform(), words.keyNames);
  return (
    <span className={styles.keys}>
      {presses.map((names, at) => (
        <Fragment key={names.join("+")}>
          {at > 0 && <span className={styles.then}>{words.sheet.between}</span>}
          {names.map((name) => (
            <kbd key={name} className={styles.key}>
              {name}
            </kbd>
          ))}
        </Fragment>
      ))}
    </span>
  );
}
