"use client";

import { type KeyboardEvent, type RefObject, useEffect, useRef } from "react";
import { Icon } from "@/components/icon";
import { IconButton } from "@/components/icon-button";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import type { Words } from "@/lib/words/words";
import { MAX_PROMPT_CHARACTERS } from "../check-settings";
import { fieldId } from "../focus-field";
import { changeSettings } from "../settings-store";
import type { TokenCount } from "../use-token-count";
import styles from "./prompt-field.module.css";
import { usePromptWalk } from "./use-prompt-walk";

type Props = { prompt: string; error: string | null; tokens: TokenCount | null };

/** Grows with its text; Enter paints, Shift+Enter makes a line, Up brings earlier ones. */
export function PromptField({ prompt, error, tokens }: Props) {
  const words = useWords().settings.prompt;
  const { heard, walkOnArrow } = usePromptWalk();
  const area = useRef<HTMLTextAreaElement>(null);
  useFittingHeight(area, prompt);
  const id = fieldId("prompt");
  const note = error ?? (tokens && cutNote(tokens, words));
  return (
    <div className={styles.field}>
      <label className="visually-hidden" htmlFor={id}>
        {words.label}
      </label>
      <div className={styles.frame}>
        <textarea
          ref={area}
          id={id}
          name="prompt"
          className={styles.prompt}
          value={prompt}
          onChange={(event) => changeSettings({ prompt: event.target.value })}
          onKeyDown={(event) => {
            submitOnEnter(event);
            walkOnArrow(event);
          }}
          rows={3}
          maxLength={MAX_PROMPT_CHARACTERS}
          placeholder={words.placeholder}
          enterKeyHint="go"
          aria-invalid={error ? true : undefined}
          aria-describedby={note ? `${id}-note` : undefined}
        />
        {prompt !== "" && (
          <div className={styles.clear}>
            <IconButton
              label={words.clear}
              onClick={() => {
                changeSettings({ prompt: "" });
                area.current?.focus();
              }}
            >
              <Icon name="close" />
            </IconButton>
          </div>
        )}
      </div>
      <div className={styles.below}>
        {note && (
          <p id={`${id}-note`} className={error ? styles.error : styles.warning}>
            {note}
          </p>
        )}
        {tokens && (
          <p className={styles.tokens}>
            {fill(words.tokens, { tokens: tokens.tokens, limit: tokens.limit })}
          </p>
        )}
      </div>
      <p className="visually-hidden" aria-live="polite">
        {heard}
      </p>
    </div>
  );
}

function cutNote(
  { isCut, lastWords }: TokenCount,
  words: Words["settings"]["prompt"],
): string | null {
  if (!isCut) return null;
  return lastWords ? fill(words.isCutAfter, { words: lastWords }) : words.isCut;
}

function submitOnEnter(event: KeyboardEvent<HTMLTextAreaElement>): void {
  // During composition Enter picks a word of the input method.
  if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
  event.preventDefault();
  event.currentTarget.form?.requestSubmit();
}

/** For browsers without `field-sizing: content`. */
function useFittingHeight(
  area: RefObject<HTMLTextAreaElement | null>,
  text: string,
): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text decides the height
  useEffect(() => {
    const element = area.current;
    if (!element || CSS.supports("field-sizing", "content")) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight + 2}px`;
  }, [area, text]);
}
