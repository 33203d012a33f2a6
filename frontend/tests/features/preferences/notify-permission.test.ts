import { afterEach, expect, test, vi } from "vitest";
import {
  askToNotify,
  notifyPermission,
} from "@/features/preferences/notify-permission";

afterEach(() => {
  vi.unstubAllGlobals();
});

/** A browser that answers `answer` to the question. */
function browser(
  permission: NotificationPermission,
  answer: NotificationPermission = permission,
) {
  const notification = {
    permission,
    requestPermission: vi.fn(async () => {
      notification.permission = answer;
    }),
  };
  vi.stubGlobal("Notification", notification);
  vi.stubGlobal("window", { isSecureContext: true, Notification: notification });
  return notification;
}

test("a browser that has not been asked is asked once", async () => {
  const notification = browser("default", "granted");
  expect(notifyPermission()).toBe("askable");
  expect(await askToNotify()).toBe("granted");
  expect(await askToNotify()).toBe("granted");
  expect(notification.requestPermission).toHaveBeenCalledOnce();
});

test("one that refuses is not asked again", async () => {
  const notification = browser("denied");
  expect(await askToNotify()).toBe("blocked");
  expect(notification.requestPermission).not.toHaveBeenCalled();
});

test("one that is sent away without an answer may be asked another time", async () => {
  browser("default");
  expect(await askToNotify()).toBe("askable");
});

test("plain http and old browsers are told apart from a refusal", async () => {
  vi.stubGlobal("window", { isSecureContext: false });
  expect(await askToNotify()).toBe("insecure");
  vi.stubGlobal("window", { isSecureContext: true });
  expect(await askToNotify()).toBe("unsupported");
});
