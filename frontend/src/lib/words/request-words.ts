/** On the server: the words for whoever asks for the page. */

import { cookies, headers } from "next/headers";
import { de } from "./de";
import { en } from "./en";
import { LANGUAGE_COOKIE, type Language, pickLanguage } from "./language";
import type { Words } from "./words";

const WORDS: Record<Language, Words> = {
  en,
  // Other sentences with the same placeholders, which a test holds it to.
  de: de as unknown as Words,
};

/** They travel in the page itself: a browser loads one language and no script for it. */
export async function requestWords(): Promise<Words> {
  const chosen = (await cookies()).get(LANGUAGE_COOKIE)?.value;
  const accepted = (await headers()).get("accept-language");
  return WORDS[pickLanguage(chosen, accepted)];
}
