/** Which of the studio's languages a person reads. Pure. */

export const LANGUAGES = { en: "English", de: "Deutsch" } as const;

export type Language = keyof typeof LANGUAGES;

/** Holds what was chosen; without it the browser's own preference counts. */
export const LANGUAGE_COOKIE = "easel-language";

const FALLBACK: Language = "en";

export function isLanguage(tag: string | undefined): tag is Language {
  return tag !== undefined && Object.hasOwn(LANGUAGES, tag);
}

/**
 * @param chosen the cookie's value.
 * @param accepted the `Accept-Language` header (RFC 9110, section 12.5.4).
 */
export function pickLanguage(
  chosen: string | undefined,
  accepted: string | null,
): Language {
  if (isLanguage(chosen)) return chosen;
  const wishes = (accepted ?? "")
    .split(",")
    .map((part) => {
      const [tag = "", ...parameters] = part.split(";");
      const quality = parameters.find((one) => one.trim().startsWith("q="));
      const weight = quality ? Number(quality.trim().slice(2)) : 1;
      return { language: tag.trim().toLowerCase().split("-")[0], weight };
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight);
  return wishes.map(({ language }) => language).find(isLanguage) ?? FALLBACK;
}
