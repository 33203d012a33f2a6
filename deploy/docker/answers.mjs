// Exits with 0 if a URL answers 200, else with 1: the studio's health check.
const answer = await fetch(process.argv[2], {
  signal: AbortSignal.timeout(4000),
}).catch(() => undefined);
process.exit(answer?.status === 200 ? 0 : 1);
