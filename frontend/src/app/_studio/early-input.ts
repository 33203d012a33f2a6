/**
 * What is typed and pressed before the studio lives is done once it does.
 *
 * Its form can be read and used before its script has come. React then begins with
 * empty fields, a button does nothing yet, and Enter would make the browser itself send
 * the form, prompt and all, as an address.
 */

declare global {
  interface Window {
    replayEarlyInput?: () => void;
  }
}

/** Marks where it is noted: only what is replayed may be put off. */
export const EARLY_INPUT = { "data-early-input": "" };

/**
 * Notes it from the first moment on. It is inlined as text: it can use nothing of this
 * module. Links, popovers and what folds work without a script, and are left alone.
 */
export const EARLY_INPUT_SCRIPT = `{
  const acts = new Map();
  const types = ["input", "click", "keydown", "submit"];
  const putOff = (event, act) => {
    event.preventDefault();
    event.stopPropagation();
    acts.set(event, act);
  };
  const note = (event) => {
    const { type, target } = event;
    if (!target.closest?.("[data-early-input]")) return;
    const { value, checked, form } = target;
    // React hears of a change only from what it knows, which is set by the element's own
    // property, to what it does not, which is set by its prototype's.
    if (type === "input") acts.set(target, () => {
      if (["radio", "checkbox"].includes(target.type)) {
        target.checked = !checked;
        target.click();
        return;
      }
      // What files are chosen no script may set, nor has React unset it.
      if (target.type !== "file") {
        target.value = "";
        Object.getOwnPropertyDescriptor(Object.getPrototypeOf(target), "value").set.call(target, value);
      }
      for (const said of ["input", "change"]) target.dispatchEvent(new Event(said, { bubbles: true }));
    });
    const button = type === "click" && target.closest("button[type=button]:not([popovertarget])");
    if (button) putOff(event, () => button.click());
    if (type === "submit") putOff(event, () => target.requestSubmit());
    const isEnter = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    if (isEnter && target.name === "prompt") putOff(event, () => form.requestSubmit());
  };
  for (const type of types) addEventListener(type, note, true);
  window.replayEarlyInput = () => {
    for (const type of types) removeEventListener(type, note, true);
    for (const act of acts.values()) act();
    acts.clear();
  };
}`;

/** For an effect of what is marked, after all that it is made of. */
export function replayEarlyInput(): void {
  window.replayEarlyInput?.();
}
