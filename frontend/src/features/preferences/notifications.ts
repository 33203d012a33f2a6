import { changePreferences } from "@/lib/preferences/preferences";
import { askToNotify, type NotifyPermission } from "./notify-permission";

/**
 * Turns notifications on or off; asks the browser for its permission where it has to.
 *
 * @returns why they cannot be turned on; null if all is as wished.
 */
export async function turnNotifications(
  isOn: boolean,
): Promise<Exclude<NotifyPermission, "granted"> | null> {
  const permission = isOn ? await askToNotify() : "granted";
  changePreferences({ notifies: isOn && permission === "granted" });
  return permission === "granted" ? null : permission;
}
