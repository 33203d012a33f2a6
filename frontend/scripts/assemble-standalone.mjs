// Next leaves the static files out of the standalone folder: put them beside server.js.
import { cp, readdir } from "node:fs/promises";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const standalone = join(root, ".next", "standalone");

await cp(join(root, ".next", "static"), join(standalone, ".next", "static"), {
  recursive: true,
});
if ((await readdir(root)).includes("public")) {
  await cp(join(root, "public"), join(standalone, "public"), { recursive: true });
}
