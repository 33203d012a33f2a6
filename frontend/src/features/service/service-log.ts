/** How the service has been for as long as this page looked. Pure. */

import type { Service } from "./service";

export type TroubleStatus = Exclude<Service["status"], "connecting" | "ready">;

export type Trouble = {
  status: TroubleStatus;
  /** Milliseconds since 1970, of this browser's clock; `endedAt` is null while it lasts. */
  beganAt: number;
  endedAt: number | null;
};

/** The last time of each kind. */
export type Troubles = Readonly<Partial<Record<TroubleStatus, Trouble>>>;

export type ServiceLog = { service: Service; troubles: Troubles };

export const EMPTY_LOG: ServiceLog = {
  service: { status: "connecting" },
  troubles: {},
};

export function withService(
  { service: before, troubles }: ServiceLog,
  service: Service,
  now: number,
): ServiceLog {
  if (before.status === service.status) return { service, troubles };
  return { service, troubles: { ...troubles, ...ended(before), ...begun(service) } };

  function ended({ status }: Service): Troubles {
    if (!isTrouble(status)) return {};
    const trouble = troubles[status];
    return trouble ? { [status]: { ...trouble, endedAt: now } } : {};
  }

  function begun({ status }: Service): Troubles {
    return isTrouble(status)
      ? { [status]: { status, beganAt: now, endedAt: null } }
      : {};
  }
}

function isTrouble(status: Service["status"]): status is TroubleStatus {
  return status !== "connecting" && status !== "ready";
}
