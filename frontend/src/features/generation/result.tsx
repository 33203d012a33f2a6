import { Button, LinkButton } from "@/components/button";
import { Icon } from "@/components/icon";
import { apiUrl } from "@/lib/api/client";
import type { CompletedGeneration, GeneratedImage } from "@/lib/api/generated";
import { ParameterList } from "./parameter-list";
import styles from "./result.module.css";

type Props = {
  generation: CompletedGeneration;
  /** The seed that the next generation will use, if it is set. */
  keptSeed: string;
  onKeepSeed: (seed: string) => void;
};

/** What can be done with the pictures, and everything that decided their pixels. */
export function Result({ generation, keptSeed, onKeepSeed }: Props) {
  const { images, warnings = [] } = generation;
  return (
    <section className={styles.result} aria-label="Result">
      <ul className={styles.images}>
        {images.map((image) => (
          <li key={image.index}>
            {images.length > 1 && <span>Image {image.index + 1}</span>}
            <LinkButton href={apiUrl(image.url)} download>
              <Icon name="download" />
              Download {formatName(image)}
              {images.length > 1 && (
                <span className="visually-hidden"> of image {image.index + 1}</span>
              )}
            </LinkButton>
            <KeepSeed
              name={images.length > 1 ? `Keep seed ${image.seed}` : "Keep this seed"}
              seed={String(image.seed)}
              isKept={keptSeed === String(image.seed)}
              onKeepSeed={onKeepSeed}
            />
          </li>
        ))}
      </ul>
      {warnings.map((warning) => (
        <p key={warning} className={styles.warning}>
          {warning}
        </p>
      ))}
      <ParameterList generation={generation} />
    </section>
  );
}

function KeepSeed({
  name,
  seed,
  isKept,
  onKeepSeed,
}: {
  name: string;
  seed: string;
  isKept: boolean;
  onKeepSeed: Props["onKeepSeed"];
}) {
  return (
    <Button
      look="quiet"
      aria-pressed={isKept}
      onClick={() => onKeepSeed(isKept ? "" : seed)}
    >
      <Icon name={isKept ? "lock" : "lockOpen"} />
      {name}
    </Button>
  );
}

function formatName({ media_type }: GeneratedImage): string {
  switch (media_type) {
    case "image/png":
      return "PNG";
    case "image/webp":
      return "WebP";
    case "image/jpeg":
      return "JPEG";
  }
}
