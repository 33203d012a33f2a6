/** One line when the gateway is lost and one when it is back, however many ask. */

export function outageLog(write: (line: string) => void) {
  let isDown = false;
  return (failure: unknown): void => {
    if (failure && !isDown) write(`The gateway cannot be reached: ${reason(failure)}`);
    if (!failure && isDown) write("The gateway answers again.");
    isDown = Boolean(failure);
  };
}

/** fetch says only "fetch failed"; why is in the cause. */
function reason(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure);
  const { cause } = failure;
  if (!(cause instanceof Error)) return failure.message;
  return cause.message || ("code" in cause ? String(cause.code) : cause.name);
}
