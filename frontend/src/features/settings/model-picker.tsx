import { Field } from "@/components/field";
import type { ModelDocument } from "@/lib/api/generated";
import { fieldId } from "./focus-field";
import inputs from "./inputs.module.css";

type Props = {
  models: ModelDocument[];
  model: ModelDocument;
  onModelChange: (modelId: string) => void;
};

export function ModelPicker({ models, model, onModelChange }: Props) {
  return (
    <Field id={fieldId("model")} label="Model" hint={model.description}>
      {(control) => (
        <select
          {...control}
          className={inputs.input}
          value={model.id}
          onChange={(event) => onModelChange(event.target.value)}
        >
          {models.map(({ id, display_name }) => (
            <option key={id} value={id}>
              {display_name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
