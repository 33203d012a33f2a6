import { type Ended, excerpt } from "./news";

/** @returns what takes it away; null where it cannot be shown. */
export function notify(title: string, { key, prompt }: Ended): (() => void) | null {
  if (!("Notification" in window) || Notification.permission !== "granted") return null;
  try {
    const notification = new Notification(title, { body: excerpt(prompt), tag: key });
    notification.onclick = () => {
      window.focus();
      notification.close();
    };
    return () => notification.close();
  } catch {
    // Android's browsers notify only through a service worker.
    return null;
  }
}
