// Runs the built studio. PORT, HOSTNAME and GATEWAY_URL come from the environment.
import { existsSync } from "node:fs";
import { join } from "node:path";

// A generation that still streams must not hold up a restart for longer than this.
const GRACE_MS = 10_000;

const server = join(import.meta.dirname, "..", ".next", "standalone", "server.js");
if (!existsSync(server)) {
  console.error("The studio is not built yet: run `npm run build` first.");
  process.exit(1);
}

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, () => {
    // Next exits with 128 + signal after a clean stop; supervisors take that for a crash.
    process.once("exit", () => {
      process.exitCode = 0;
    });
    setTimeout(() => process.exit(0), GRACE_MS).unref();
  });
}

process.env.NEXT_TELEMETRY_DISABLED = "1";
await import(server);
