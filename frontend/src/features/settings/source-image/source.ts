/** The image to start from and the part of it to repaint, as a request carries them. */

export type SourceImage = {
  /** PNG or JPEG; within what the server takes. */
  dataUrl: string;
  width: number;
  height: number;
};

export type Source = {
  image: SourceImage | null;
  /** `data:` URL of a PNG as large as the image: white is repainted; null is all of it. */
  mask: string | null;
};

export const NO_SOURCE: Source = { image: null, mask: null };
