/** The tab's icon with a mark for what has happened. */

import type { Outcome } from "./news";

// As in `app/icon.svg`, which a page's style sheet cannot reach either.
const EASEL =
  '<path fill="none" stroke="#5b6ee8" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round" d="M16 3v4M6 7h20v14H6zM4 21h24M10 21 7 29M22 21l3 8M16 21v6"/>';

// A colour alone says nothing to some: the shape differs, too.
const MARKS: Record<Outcome, string> = {
  done: '<circle cx="24" cy="8" r="8" fill="#23a34f"/>',
  failed: '<path d="M16 0h16v16H16z" fill="#d8382c"/>',
};

export function markedIcon(outcome: Outcome): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${EASEL}${MARKS[outcome]}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** @returns what puts the page's own icon back. */
export function markIcon(outcome: Outcome): () => void {
  const links = [...document.querySelectorAll<HTMLLinkElement>('link[rel~="icon"]')];
  const own = links.map((link) => ({ link, href: link.getAttribute("href") ?? "" }));
  for (const link of links) link.href = markedIcon(outcome);
  return () => {
    for (const { link, href } of own) link.setAttribute("href", href);
  };
}
