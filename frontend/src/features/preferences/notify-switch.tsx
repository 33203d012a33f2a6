import { useState } from "react";
import { Switch } from "@/components/switch";
import { useWords } from "@/lib/words/use-words";
import { turnNotifications } from "./notifications";
import { type NotifyPermission, notifyPermission } from "./notify-permission";
import styles from "./preferences-dialog.module.css";

/** Asks the browser's permission when it is turned on, and says if it is refused. */
export function NotifySwitch({ isOn }: { isOn: boolean }) {
  const { preferences } = useWords();
  const words = preferences.attention;
  // A permission may have been taken back since.
  const [problem, setProblem] = useState<NotifyPermission | null>(() =>
    isOn ? notifyPermission() : null,
  );

  async function turn(wanted: boolean) {
    setProblem(await turnNotifications(wanted));
  }

  return (
    <div>
      <Switch
        label={words.notify}
        hint={words.notifyHint}
        isOn={isOn}
        onChange={(wanted) => void turn(wanted)}
      />
      {/* In the page from the beginning: what appears in it is then read out. */}
      <div role="status">
        {(problem === "blocked" ||
          problem === "insecure" ||
          problem === "unsupported") && (
          <p className={styles.problem}>{words[problem]}</p>
        )}
      </div>
    </div>
  );
}
