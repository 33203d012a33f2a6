"use client";

import { useRouter } from "next/navigation";
import { LANGUAGE_COOKIE, type Language } from "@/lib/words/language";

const YEAR_S = 365 * 24 * 60 * 60;

/** Keeps the language for a year and renders the page in it, keeping what is typed. */
export function useLanguageChoice(): (language: Language) => void {
  const router = useRouter();
  return (language) => {
    // The Cookie Store API is missing from Firefox 128 and Safari 17.
    // biome-ignore lint/suspicious/noDocumentCookie: see above
    document.cookie = `${LANGUAGE_COOKIE}=${language}; Path=/; Max-Age=${YEAR_S}; SameSite=Lax`;
    router.refresh();
  };
}
