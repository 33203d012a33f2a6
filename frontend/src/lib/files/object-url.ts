// Browsers fetch an address some time after it was given to them: a revoked one would
// be a download that fails, or an error in the console for an image that has just left.
const LASTS_MS = 60_000;

/** Revokes an address from `URL.createObjectURL` when nothing can be fetching it any more. */
export function revokeLater(address: string): void {
  setTimeout(() => URL.revokeObjectURL(address), LASTS_MS);
}
