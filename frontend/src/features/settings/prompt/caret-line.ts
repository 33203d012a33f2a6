// What decides where a text area breaks its lines.
const COPIED = [
  "box-sizing",
  "border",
  "padding",
  "font",
  "letter-spacing",
  "line-height",
  "tab-size",
  "text-indent",
  "direction",
] as const;

/**
 * Whether the caret is on the first and on the last line, as they are broken on screen.
 *
 * Browsers do not tell: the same text is laid out once more beside the page, with marks.
 */
export function caretLine(area: HTMLTextAreaElement): {
  isFirst: boolean;
  isLast: boolean;
} {
  const { value, selectionStart: caret } = area;
  const mirror = document.createElement("div");
  const look = getComputedStyle(area);
  for (const property of COPIED) {
    mirror.style.setProperty(property, look.getPropertyValue(property));
  }
  Object.assign(mirror.style, {
    position: "absolute",
    visibility: "hidden",
    width: `${area.clientWidth}px`,
    whiteSpace: "pre-wrap",
    overflowWrap: "break-word",
  });
  const [start, here, end] = [mark(), mark(), mark()];
  // An empty last line has a height only with something in it.
  end.textContent = "\u200b";
  mirror.append(start, value.slice(0, caret), here, value.slice(caret), end);
  document.body.append(mirror);
  const isFirst = here.offsetTop === start.offsetTop;
  const isLast = here.offsetTop === end.offsetTop;
  mirror.remove();
  return { isFirst, isLast };
}

function mark(): HTMLSpanElement {
  return document.createElement("span");
}
