import { useState } from "react";
import { Icon, type IconName } from "@/components/icon";
import { THEMES, type Theme } from "@/lib/preferences/preference-record";
import { changePreferences } from "@/lib/preferences/preferences";
import { isLanguage, LANGUAGES, type Language } from "@/lib/words/language";
import { useWords } from "@/lib/words/use-words";
import { ChoiceGroup } from "./choice-group";
import { useLanguageChoice } from "./use-language-choice";

const ICONS: Record<Theme, IconName> = {
  system: "monitor",
  light: "sun",
  dark: "moon",
};

// The keys of a literal object, each a language.
const TAGS = Object.keys(LANGUAGES).filter(isLanguage);

/** Theme and language. */
export function Appearance({ theme }: { theme: Theme }) {
  const { language, preferences } = useWords();
  const words = preferences.appearance;
  const chooseLanguage = useLanguageChoice();
  // Marked at once; the words follow when the server has answered.
  const [wanted, setWanted] = useState<Language>(language);
  return (
    <>
      <ChoiceGroup
        id="preferred-theme"
        label={words.theme}
        options={THEMES.map((value) => ({
          value,
          label: (
            <>
              <Icon name={ICONS[value]} />
              {words.themes[value]}
            </>
          ),
        }))}
        chosen={theme}
        onChoose={(value) => changePreferences({ theme: value })}
      />
      <ChoiceGroup
        id="preferred-language"
        label={words.language}
        options={TAGS.map((value) => ({ value, label: LANGUAGES[value], lang: value }))}
        chosen={wanted}
        onChoose={(tag) => {
          setWanted(tag);
          chooseLanguage(tag);
        }}
      />
    </>
  );
}
