// Leads a studio to what is to be shown. By keys and ids: it speaks several languages.

/** Enough to be photographed while it paints; the embedded model needs a second for 16 steps. */
const SLOW_STEPS = 200;

export class StudioDriver {
  constructor(page) {
    this.page = page;
  }

  async open(path = "/") {
    await this.page.goto(path);
    await this.page.locator("#settings details").waitFor({ state: "attached" });
  }

  /** Where the settings are no part of the page; false where they are. */
  async openSheet() {
    const opener = this.page.locator('button[popovertarget="settings"]').first();
    if (!(await opener.isVisible())) return false;
    await opener.click();
    return true;
  }

  /** Fills in the form, as a link does that somebody has sent. */
  async fillIn(recipe) {
    const fields = new URLSearchParams({ ...recipe, v: 1 });
    await this.page.evaluate((fragment) => {
      location.hash = fragment;
    }, fields.toString());
    await this.page.waitForFunction(
      (prompt) =>
        location.hash === "" &&
        document.querySelector("#field-prompt")?.value === prompt,
      recipe.prompt,
    );
  }

  async submit(recipe) {
    await this.fillIn(recipe);
    await this.page.evaluate(() => scrollTo(0, 0));
    await this.page.locator("#field-prompt").press("Enter");
  }

  /** Paints and waits until the picture lies in the filmstrip. */
  async paint(recipe) {
    const before = await this.#pictures().count();
    await this.submit(recipe);
    const count = before + Number(recipe.num_images ?? 1);
    await this.#pictures()
      .nth(count - 1)
      .waitFor({ state: "attached", timeout: 120_000 });
  }

  /** Begins what takes long enough; until `share` of the first one is painted. */
  async beginPainting(recipes, share) {
    for (const recipe of recipes) {
      await this.submit({ ...recipe, num_inference_steps: SLOW_STEPS });
    }
    if (recipes.length > 1) {
      // The newest is on the stage, and waits. The filmstrip stands in a `nav`.
      await this.page
        .locator("main :not(nav) > ul button[aria-current]")
        .first()
        .click();
    }
    await this.page.waitForFunction(
      (least) => {
        const progress = document.querySelector("main progress");
        const preview = document.querySelector('img[data-part="preview"]');
        return preview && progress && progress.value >= least;
      },
      share,
      { timeout: 120_000 },
    );
  }

  async cancelAll(count) {
    for (let one = 0; one < count; one++) {
      await this.page.keyboard.press("Control+.");
      await this.page.waitForTimeout(500);
    }
  }

  /** Of the newest picture, as this browser keeps it. */
  fileOfNewest() {
    return this.page.evaluate(async () => {
      const answerOf = (request) =>
        new Promise((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      const database = await answerOf(indexedDB.open("easel"));
      const reading = database.transaction(["pictures", "files"]);
      const pictures = await answerOf(reading.objectStore("pictures").getAll());
      const [newest] = pictures.toSorted((a, b) => b.createdAt - a.createdAt);
      const { file } = await answerOf(reading.objectStore("files").get(newest.id));
      database.close();
      return [...new Uint8Array(await file.arrayBuffer())];
    });
  }

  /** Until pictures are decoded; nothing has the focus. */
  async rest() {
    await this.page.evaluate(() => {
      const { activeElement } = document;
      if (activeElement instanceof HTMLElement) activeElement.blur();
    });
    await this.page.mouse.move(0, 0);
    await this.page.waitForFunction(() =>
      [...document.images]
        .filter((image) => image.checkVisibility())
        .every((image) => image.complete && image.naturalWidth > 0),
    );
  }

  #pictures() {
    return this.page.locator("main nav li button");
  }
}
