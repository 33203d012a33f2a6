import { useModels } from "@/features/service/use-models";
import { chosenModel } from "@/features/settings/settings";
import { useSettings } from "@/features/settings/settings-store";
import type { ModelDocument } from "@/lib/api/generated";

/** The one that would paint now; null until it is known. */
export function useCurrentModel(): ModelDocument | null {
  const models = useModels();
  return useSettings(({ settings }) => chosenModel(models, settings));
}
