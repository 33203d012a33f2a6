/** As people know them from other tools; none of them is translated anywhere. */
const NAMES: Readonly<Record<string, string>> = {
  ddim: "DDIM",
  ddpm: "DDPM",
  dpmpp_2m: "DPM++ 2M",
  dpmpp_2m_karras: "DPM++ 2M Karras",
  dpmpp_2m_sde: "DPM++ 2M SDE",
  euler: "Euler",
  euler_ancestral: "Euler a",
  flow_match_euler: "Euler, flow matching",
  heun: "Heun",
  lcm: "LCM",
  pndm: "PNDM",
  unipc: "UniPC",
};

/** For people; a sampler that is not known here is called what the server calls it. */
export function samplerName(sampler: string): string {
  return Object.hasOwn(NAMES, sampler) ? (NAMES[sampler] ?? sampler) : sampler;
}
