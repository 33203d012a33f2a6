/** The studio as a person uses it: words on the screen, not the inside of the page. */

import type { Locator, Page } from "@playwright/test";

export class StudioPage {
  readonly prompt: Locator;
  readonly generate: Locator;
  readonly cancel: Locator;
  readonly download: Locator;
  readonly preview: Locator;
  readonly image: Locator;
  readonly banner: Locator;
  readonly failure: Locator;
  readonly status: Locator;
  readonly liveRegion: Locator;

  constructor(readonly page: Page) {
    this.prompt = page.getByLabel("Prompt", { exact: true });
    this.generate = page.getByRole("button", { name: /^(Generate|Add to queue)$/ });
    this.cancel = page.getByRole("button", { name: "Cancel", exact: true });
    this.download = page.getByRole("button", { name: /^Download (PNG|WebP|JPEG)$/ });
    this.preview = page.locator('img[data-part="preview"]');
    this.image = page.locator('img[data-part="image"]');
    this.banner = page.getByRole("region", { name: "Service trouble" });
    this.failure = page.getByRole("region", { name: "What went wrong" });
    this.status = page.getByRole("button", { name: /^Service status/ });
    this.liveRegion = page.getByRole("status", { name: "News" });
  }

  /** Opens the studio and waits until it knows its model and answers to what is done. */
  async open(): Promise<void> {
    await this.goTo("/");
    await this.page.getByText("What shall it be?").waitFor();
    await this.page.getByText("More settings").waitFor({ state: "attached" });
  }

  async goTo(address: string): Promise<void> {
    await this.untilLive(() => this.page.goto(address));
  }

  async reload(): Promise<void> {
    await this.untilLive(() => this.page.reload());
  }

  /** Loads a page in some way; what is pressed from then on is heard. */
  async untilLive(load: () => Promise<unknown>): Promise<void> {
    // Words are there before the script that makes the page live, which begins by this.
    const isLive = this.page.waitForRequest("**/api/health");
    await load();
    await isLive;
  }

  async setMore(label: string, value: string): Promise<void> {
    const summary = this.page.getByText("More settings");
    const field = this.page.getByLabel(label, { exact: true });
    if (!(await field.isVisible())) await summary.click();
    await field.fill(value);
  }

  /** Every preview that the stage shows from now on, in order. */
  async recordPreviews(): Promise<() => Promise<string[]>> {
    await this.page.evaluate(() => {
      const seen: string[] = [];
      Object.assign(window, { seenPreviews: seen });
      new MutationObserver(() => {
        if (document.querySelector('img[data-part="image"]')) return;
        const source = document
          .querySelector('img[data-part="preview"]')
          ?.getAttribute("src");
        if (source && !seen.includes(source)) seen.push(source);
      }).observe(document.body, { subtree: true, childList: true, attributes: true });
    });
    return () =>
      this.page.evaluate(
        () => (window as unknown as { seenPreviews: string[] }).seenPreviews,
      );
  }
}
