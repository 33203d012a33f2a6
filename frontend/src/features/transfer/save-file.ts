// Browsers fetch the address after the click, some of them late.
const ADDRESS_LASTS_MS = 60_000;

/** To where the browser puts downloads. */
export function saveFile(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), ADDRESS_LASTS_MS);
}
