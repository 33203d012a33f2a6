import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { Button } from "@/components/button";
import { Field } from "@/components/field";
import { Icon } from "@/components/icon";
import { IconButton } from "@/components/icon-button";
import inputs from "@/components/input.module.css";
import { giveAccessKey } from "@/lib/api/access-key";
import { CallFailed } from "@/lib/api/client";
import { useWords } from "@/lib/words/use-words";
import styles from "./key-dialog.module.css";
import { keyErrorWords } from "./key-error-words";

type Props = { label: string; onAccepted: () => void };

/** Takes a key that the gateway takes; has the focus when it appears. */
export function KeyForm({ label, onAccepted }: Props) {
  const { access: words } = useWords();
  const [key, setKey] = useState("");
  const [isShown, setIsShown] = useState(false);
  const [isChecking, setIsChecking] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);

  useEffect(() => input.current?.focus(), []);

  function refuse(reason: string) {
    setError(reason);
    input.current?.focus();
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (isChecking) return;
    if (key.trim() === "") return refuse(words.errors.missing);
    setError(null);
    setIsChecking(true);
    try {
      await giveAccessKey(key);
      onAccepted();
    } catch (failed) {
      const kind = failed instanceof CallFailed ? failed.failure.kind : "unexpected";
      refuse(keyErrorWords(kind, words.errors));
    } finally {
      setIsChecking(false);
    }
  }

  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      {/* The error comes without the focus moving, so it is to be read out. */}
      <div aria-live="polite">
        <Field id={useId()} label={label} hint={words.hint} error={error}>
          {(control) => (
            <div className={styles.row}>
              <input
                {...control}
                ref={input}
                className={inputs.input}
                type={isShown ? "text" : "password"}
                autoComplete="off"
                autoCapitalize="off"
                spellCheck={false}
                value={key}
                onChange={(event) => {
                  setKey(event.target.value);
                  setError(null);
                }}
              />
              <IconButton
                label={words.show}
                aria-pressed={isShown}
                onClick={() => setIsShown(!isShown)}
              >
                <Icon name={isShown ? "eyeOff" : "eye"} />
              </IconButton>
            </div>
          )}
        </Field>
      </div>
      <Button type="submit" look="primary" aria-disabled={isChecking}>
        {isChecking ? words.checking : words.use}
      </Button>
    </form>
  );
}
