"use client";

import Link from "next/link";
import { useState } from "react";
import { Dialog } from "@/components/dialog";
import { Icon } from "@/components/icon";
import { HistoryScreen } from "@/features/history/history-screen";
import type { Picture } from "@/lib/pictures/picture";
import { usePictureUrl } from "@/lib/pictures/use-picture-url";
import { useWords } from "@/lib/words/use-words";
import styles from "./history-page.module.css";

/** The History screen with ways to the studio and to a picture at its full size. */
export function HistoryPage() {
  const { history: words } = useWords();
  const [shown, setShown] = useState<readonly Picture[]>([]);
  const [first] = shown;
  return (
    <>
      <header className={styles.header}>
        <Link href="/" prefetch={false}>
          <Icon name="arrowLeft" />
          {words.studio}
        </Link>
      </header>
      <main>
        <HistoryScreen
          onOpen={(picture) => setShown([picture])}
          onCompare={(a, b) => setShown([a, b])}
        />
      </main>
      {first && (
        <Dialog
          title={first.recipe.prompt}
          closeLabel={words.select.end}
          size="wide"
          onClose={() => setShown([])}
        >
          {shown.map((picture) => (
            <FullPicture key={picture.id} picture={picture} />
          ))}
        </Dialog>
      )}
    </>
  );
}

function FullPicture({ picture }: { picture: Picture }) {
  const source = usePictureUrl(picture, "file");
  return (
    source && (
      <img className={styles.picture} src={source} alt={picture.recipe.prompt} />
    )
  );
}
