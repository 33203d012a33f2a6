/** As much of `localStorage` as the studio uses; refuses as private windows may. */
export class FakeStorage {
  refuses = false;
  readonly #kept = new Map<string, string>();

  getItem(key: string): string | null {
    this.#check();
    return this.#kept.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.#check();
    this.#kept.set(key, value);
  }

  #check(): void {
    if (this.refuses) throw new DOMException("no", "SecurityError");
  }
}
