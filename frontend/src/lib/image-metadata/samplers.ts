/** Samplers in the words of other tools, and in ours. Pure. */

/** Without spaces, underscores and case; `+` is `p`. */
const OURS: Readonly<Record<string, string>> = {
  euler: "euler",
  eulera: "euler_ancestral",
  eulerancestral: "euler_ancestral",
  flowmatcheuler: "flow_match_euler",
  dpmpp2m: "dpmpp_2m",
  dpmpp2msde: "dpmpp_2m_sde",
  heun: "heun",
  ddim: "ddim",
  ddpm: "ddpm",
  lcm: "lcm",
  plms: "pndm",
  pndm: "pndm",
  unipc: "unipc",
};

const KARRAS = "karras";
const WITH_KARRAS: Readonly<Record<string, string>> = { dpmpp_2m: "dpmpp_2m_karras" };

/** Solvers that AUTOMATIC1111 itself spaces as Karras does, unless told otherwise. */
const KARRAS_BY_ITSELF = ["dpmpp_2m"];

/** Steps spaced as the model was made, in several tools' words. */
const AS_THE_MODEL = ["", "automatic", "uniform", "normal", "simple"];

// InvokeAI's names end in `_k`, AUTOMATIC1111's older ones in ` Karras`.
const KARRAS_SUFFIX = /(?:karras|k)$/;

/**
 * Ours for a sampler that another tool names, null if we have none.
 *
 * @param schedule how the steps are spaced, where the tool says it apart.
 * @returns and whether that includes the schedule.
 */
export function ourSampler(
  sampler: unknown,
  schedule: unknown,
): { sampler: string | null; hasSchedule: boolean } {
  const spaced = squeezed(schedule);
  const whole = squeezed(sampler).replace(/^k(?=[edhl])/, "");
  const short = whole.replace(KARRAS_SUFFIX, "");
  const solver = own(OURS, whole) ?? own(OURS, short);
  if (solver === undefined) return { sampler: null, hasSchedule: false };
  const isKarras =
    spaced === KARRAS ||
    own(OURS, whole) === undefined ||
    (spaced === "automatic" && KARRAS_BY_ITSELF.includes(solver));
  if (!isKarras) return { sampler: solver, hasSchedule: AS_THE_MODEL.includes(spaced) };
  const karras = own(WITH_KARRAS, solver);
  return { sampler: karras ?? solver, hasSchedule: karras !== undefined };
}

function squeezed(name: unknown): string {
  if (typeof name !== "string" || name.length > 64) return "";
  return name
    .toLowerCase()
    .replaceAll("+", "p")
    .replace(/[\s_-]/g, "");
}

function own(table: Readonly<Record<string, string>>, name: string) {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
