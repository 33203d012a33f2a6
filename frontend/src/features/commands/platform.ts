/** Whether Command takes the place of Ctrl; false on the server. */
export function isApplePlatform(): boolean {
  if (typeof navigator === "undefined") return false;
  // Deprecated, yet the only one that all browsers answer.
  return /^(Mac|iPhone|iPad|iPod)/.test(navigator.platform);
}
