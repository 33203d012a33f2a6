import { concatenated } from "./file-format";

/** zlib's format, as in PNG; null if it is broken or becomes more than `maximum` bytes. */
export async function inflate(
  bytes: Uint8Array,
  maximum: number,
): Promise<Uint8Array | null> {
  // A copy: its buffer is its own, which a Blob asks for.
  const stream = new Blob([bytes.slice()])
    .stream()
    .pipeThrough(new DecompressionStream("deflate"));
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for (const reader = stream.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) return concatenated(parts);
      size += value.length;
      if (size > maximum) {
        // Nobody waits for it: it may fail as it likes.
        reader.cancel().catch(() => {});
        return null;
      }
      parts.push(value);
    }
  } catch {
    return null;
  }
}
