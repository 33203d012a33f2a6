"use client";

import { type KeyboardEvent, useEffect, useId, useState } from "react";
import { flushSync } from "react-dom";
import { Dialog } from "@/components/dialog";
import { Icon } from "@/components/icon";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import { CATALOGUE } from "./catalogue";
import type { Command } from "./command";
import styles from "./command-palette.module.css";
import { KeyCaps } from "./key-caps";
import { chordsOf, isPressed, type Press } from "./keys";
import { paletteSections } from "./palette-sections";
import { isApplePlatform } from "./platform";
import { recentCommands, rememberCommand } from "./recent-commands";
import { usePaletteChoice } from "./use-palette-choice";

type Props = { commands: readonly Command[]; onClose: () => void };

/**
 * All commands that can be run now: a combobox whose list stays open (ARIA Authoring
 * Practices, "editable combobox with list autocomplete").
 */
export function CommandPalette({ commands, onClose }: Props) {
  const { commands: words } = useWords();
  const [query, setQuery] = useState("");
  const [recentIds] = useState(recentCommands);
  const sections = paletteSections(commands, {
    query,
    recentIds,
    recentTitle: words.groups.recent,
  });
  const listed = sections.flatMap((section) => section.commands);
  const choice = usePaletteChoice(listed.length);
  const chosen = listed[choice.index];
  const listId = useId();
  const optionId = (command: Command) => `${listId}-${command.id}`;

  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever another is chosen
  useEffect(() => {
    if (chosen) scrollIntoSight(document.getElementById(optionId(chosen)));
  }, [chosen?.id]);

  function run(command: Command) {
    rememberCommand(command.id);
    // First the dialog gives the focus back; a command may then move it.
    flushSync(onClose);
    command.run();
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter" && chosen) {
      event.preventDefault();
      run(chosen);
    } else if (asksFor(CATALOGUE.openPalette.keys, event.nativeEvent)) {
      event.preventDefault();
      onClose();
    } else {
      choice.move(event);
    }
  }

  return (
    <Dialog
      title={words.palette.title}
      closeLabel={words.palette.close}
      onClose={onClose}
    >
      <div className={styles.search}>
        <Icon name="search" />
        <input
          ref={focusFirst}
          type="text"
          role="combobox"
          aria-label={words.palette.search}
          aria-expanded={true}
          aria-autocomplete="list"
          aria-controls={listId}
          aria-activedescendant={chosen && optionId(chosen)}
          placeholder={words.palette.placeholder}
          autoComplete="off"
          spellCheck={false}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            choice.choose(0);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div
        id={listId}
        role="listbox"
        aria-label={words.palette.title}
        className={styles.list}
      >
        {sections.map(({ title, commands: members }) => (
          // biome-ignore lint/a11y/useSemanticElements: a listbox has no other groups
          <div key={title} role="group" aria-label={title} className={styles.group}>
            <div className={styles.title} aria-hidden="true">
              {title}
            </div>
            {members.map((command) => (
              // The keys are the combobox's: the focus never leaves it.
              // biome-ignore lint/a11y/useKeyWithClickEvents: see above
              <div
                key={command.id}
                id={optionId(command)}
                role="option"
                tabIndex={-1}
                aria-selected={command === chosen}
                className={styles.option}
                onPointerMove={() => choice.choose(listed.indexOf(command))}
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => run(command)}
              >
                <span>{command.title}</span>
                {command.keys && <KeyCaps keys={command.keys} />}
              </div>
            ))}
          </div>
        ))}
      </div>
      <p role="status" className={styles.nothing}>
        {listed.length === 0 && fill(words.palette.nothingFound, { query })}
      </p>
    </Dialog>
  );
}

/** Unlike React's `autoFocus` the attribute tells a dialog where to begin. */
function focusFirst(input: HTMLInputElement | null): void {
  input?.setAttribute("autofocus", "");
}

/** What opens the palette closes it, too; elsewhere it would open the browser's search. */
function asksFor(keys: string | undefined, press: Press): boolean {
  const [chord] = chordsOf(keys ?? "");
  return chord !== undefined && isPressed(chord, press, isApplePlatform());
}

/** The first of a group together with its heading. */
function scrollIntoSight(option: HTMLElement | null): void {
  const heading = option?.previousElementSibling;
  if (heading && !heading.matches('[role="option"]')) {
    heading.scrollIntoView({ block: "nearest" });
  }
  option?.scrollIntoView({ block: "nearest" });
}
