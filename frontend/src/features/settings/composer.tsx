"use client";

import { Button } from "@/components/button";
import type { ModelDocument } from "@/lib/api/generated";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import { chosenStyle } from "./check-settings";
import styles from "./composer.module.css";
import { messageFor } from "./faults";
import { focusGenerate, GENERATE_ID } from "./focus-field";
import { PromptField } from "./prompt/prompt-field";
import { SettingsButton } from "./settings-button";
import { useSettings } from "./settings-store";
import { promptWithStyle } from "./style-presets";
import { useTokenCount } from "./use-token-count";

type Props = {
  /** What will paint: counts the prompt's tokens; null while it is not known. */
  model: ModelDocument | null;
  /** Further generations may then be added to the queue. */
  isGenerating: boolean;
  /** Set while an earlier refusal asks for patience. */
  waitS: number | null;
  onCancel: () => void;
};

/** The prompt with Generate, and Cancel beside it while there is something to cancel. */
export function Composer({ model, isGenerating, waitS, onCancel }: Props) {
  const { settings: words } = useWords();
  const { settings, fault } = useSettings();
  const style = model && chosenStyle(settings, model, words);
  const tokens = useTokenCount(model, promptWithStyle(settings.prompt, style));
  const cancel = () => {
    focusGenerate();
    onCancel();
  };
  const { actions } = words;
  const name = isGenerating ? actions.addToQueue : actions.generate;
  return (
    <div className={styles.composer}>
      <PromptField
        prompt={settings.prompt}
        error={messageFor(fault, "prompt")}
        tokens={tokens}
      />
      <div className={styles.actions} data-generating={isGenerating}>
        <Button
          type="submit"
          look="primary"
          aria-disabled={waitS !== null}
          id={GENERATE_ID}
        >
          {waitS === null ? name : fill(actions.wait, { seconds: waitS })}
          {!isGenerating && waitS === null && (
            <span className={styles.key} aria-hidden="true">
              {actions.enterKey}
            </span>
          )}
        </Button>
        {isGenerating && (
          <Button onClick={cancel} data-part="cancel">
            {actions.cancel}
          </Button>
        )}
        <SettingsButton isCompact={isGenerating} />
      </div>
    </div>
  );
}
