import { defineConfig } from "@hey-api/openapi-ts";

// Types only: the studio makes its five calls with plain `fetch`.
export default defineConfig({
  input: "../docs/openapi.json",
  output: { path: "src/lib/api/generated", postProcess: [] },
  plugins: [{ name: "@hey-api/typescript", enums: false }],
});
