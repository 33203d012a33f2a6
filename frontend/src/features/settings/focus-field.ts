import type { FieldName } from "./faults";

export function fieldId(field: FieldName): string {
  return `field-${field}`;
}

export const GENERATE_ID = "generate";

/** For a button that disappears when it is pressed: the focus must not go with it. */
export function focusGenerate(): void {
  document.getElementById(GENERATE_ID)?.focus();
}

/** Moves the focus to a field, opening whatever hides it. */
export function focusField(field: FieldName): void {
  const control = document.getElementById(fieldId(field));
  if (!control) return;
  const details = control.closest("details");
  if (details) details.open = true;
  const panel = control.closest<HTMLElement>("[popover]");
  // On a wide screen the panel is part of the page and no popover.
  if (panel && !control.checkVisibility()) panel.showPopover();
  control.focus();
}
