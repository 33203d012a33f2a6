/** Code that is not needed at first, and must be there when the network is not. */

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
    void import("../_studio/picture-details");
    void import("./dialog-host");
    void import("@/features/generation/live-strip");
    void import("@/features/settings/source-image/prepare-image");
    void import("@/features/viewer/lightbox");
    void import("@/lib/image-metadata/convert");
  };
  for (const sign of ["pointerdown", "keydown", "focusin"]) {
    window.addEventListener(sign, load, { signal });
  }
  return () => loading.abort();
}
