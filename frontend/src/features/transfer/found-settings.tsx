import type { ReactNode, RefObject } from "react";
import { Button } from "@/components/button";
import type { ModelDocument } from "@/lib/api/generated";
import type { FoundParameters } from "@/lib/image-metadata/read-parameters";
import { fitRecipe } from "@/lib/recipe/fit-recipe";
import type { Recipe } from "@/lib/recipe/recipe";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import styles from "./image-dialog.module.css";
import { fieldNames, recipeRows } from "./recipe-rows";

type Props = {
  found: FoundParameters;
  models: readonly ModelDocument[];
  onUse: (recipe: Recipe) => void;
  useButton: RefObject<HTMLButtonElement | null>;
  /** Another thing to do with the image. */
  children: ReactNode;
};

/** Every value, those apart that mean nothing here, and the button that takes the rest. */
export function FoundSettings({ found, models, onUse, useButton, children }: Props) {
  const words = useWords();
  const { image, tools, fields } = words.transfer;
  const { recipe, unusable } = fitRecipe(found.recipe, models);
  const lost = recipeRows(found.recipe, words).filter((row) =>
    row.fields.some((field) => unusable.includes(field)),
  );
  const notHere = [
    ...fieldNames(found.refused, fields),
    ...lost.map(({ name, value }) => `${name}: ${value}`),
  ];
  return (
    <>
      <p className={styles.source}>
        {fill(image.foundBy, { tool: tools[found.source] })}
      </p>
      <dl className={styles.rows}>
        {recipeRows(recipe, words).map(({ name, value }) => (
          <div key={name} data-wide={value.length > 24}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <LeftOut title={image.notHere} hint={image.notHereHint} items={notHere} />
      <LeftOut title={image.unknown} items={found.unknown} />
      <div className={styles.actions}>
        <Button ref={useButton} look="primary" onClick={() => onUse(recipe)}>
          {image.use}
        </Button>
        {children}
      </div>
    </>
  );
}

function LeftOut({
  title,
  hint,
  items,
}: {
  title: string;
  hint?: string;
  items: readonly string[];
}) {
  if (items.length === 0) return null;
  return (
    <section className={styles.leftOut}>
      <h3>{title}</h3>
      {hint && <p>{hint}</p>}
      <ul>
        {items.map((item) => (
          <li key={item}>{item}</li>
        ))}
      </ul>
    </section>
  );
}
