/** Code that is not needed at first, and must be there when the network is not. */

const PARTS = [
  () => import("../_studio/picture-details"),
  () => import("./dialog-host"),
  () => import("@/features/generation/follower"),
  () => import("@/features/generation/live-strip"),
  () => import("@/features/settings/source-image/prepare-image"),
  () => import("@/features/viewer/lightbox"),
  () => import("@/lib/image-metadata/convert"),
];

/**
 * Loads it with the first sign of life, so that the first load stays small.
 *
 * @returns how to forget about it.
 */
export function warmUp(): () => void {
  const loading = new AbortController();
  const { signal } = loading;
  const load = () => {
    loading.abort();
    for (const part of PARTS) {
      // What cannot be had now is asked for again when it is needed.
      part().catch(() => {});
    }
  };
  for (const sign of ["pointerdown", "keydown", "focusin"]) {
    window.addEventListener(sign, load, { signal });
  }
  return () => loading.abort();
}
