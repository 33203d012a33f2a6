import type { CompletedGeneration } from "@/lib/api/generated";
import styles from "./parameter-list.module.css";
import { durationWords } from "./progress-words";

/** Everything that made the picture, for whoever wants it again. */
export function ParameterList({ generation }: { generation: CompletedGeneration }) {
  return (
    <dl className={styles.list}>
      {rows(generation).map(([name, value]) => (
        <div key={name} data-wide={name.endsWith("rompt")}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function rows({ parameters, model, timings }: CompletedGeneration): [string, string][] {
  const { negative_prompt, native_size } = parameters;
  const size = `${parameters.width} × ${parameters.height}`;
  const painted =
    native_size && `, painted at ${native_size.width} × ${native_size.height}`;
  return [
    ["Prompt", parameters.prompt],
    ...(negative_prompt ? [row("Negative prompt", negative_prompt)] : []),
    ["Seed", String(parameters.seed)],
    ["Size", size + (painted ?? "")],
    ["Steps", String(parameters.num_inference_steps)],
    ["Guidance", String(parameters.guidance_scale)],
    ["Sampler", parameters.sampler],
    ["Model", model],
    ["Time", durationWords(timings.total_s)],
  ];
}

function row(name: string, value: string): [string, string] {
  return [name, value];
}
