/** Whether this browser may notify, and how to ask it. */

export type NotifyPermission =
  | "granted"
  | "askable"
  | "blocked"
  /** Browsers refuse it to pages that come by plain http. */
  | "insecure"
  | "unsupported";

export function notifyPermission(): NotifyPermission {
  if (!window.isSecureContext) return "insecure";
  if (!("Notification" in window)) return "unsupported";
  switch (Notification.permission) {
    case "granted":
      return "granted";
    case "denied":
      return "blocked";
    case "default":
      return "askable";
  }
}

/** Only in answer to a press: browsers hold it against a page that asks by itself. */
export async function askToNotify(): Promise<NotifyPermission> {
  if (notifyPermission() === "askable") await Notification.requestPermission();
  return notifyPermission();
}
