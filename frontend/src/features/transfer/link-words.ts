/** What a person is told about a link that they have opened. Pure. */

import type { ReadLink } from "@/lib/recipe/permalink";
import { fill } from "@/lib/words/format";
import type { Words } from "@/lib/words/words";
import { fieldNames } from "./recipe-rows";

/** Null for an address that is no recipe's. */
export function linkWords(link: ReadLink, words: Words): string | null {
  const { link: texts, fields } = words.transfer;
  switch (link.kind) {
    case "none":
      return null;
    case "unreadable":
      return texts.unreadable;
    case "recipe":
      break;
  }
  switch (link.notice) {
    case null:
      return texts.taken;
    case "older":
      return texts.older;
    case "newer":
      return texts.newer;
    case "partly": {
      const names = fieldNames(link.refused, fields);
      if (names.length === 0) return texts.unversioned;
      const list = new Intl.ListFormat(words.language).format(names);
      return fill(texts.partly, { fields: list });
    }
  }
}
