/**
 * 128 random bits in hexadecimal.
 *
 * `crypto.randomUUID` is missing where the studio is reached by plain HTTP from
 * another machine; this works there, too.
 */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
