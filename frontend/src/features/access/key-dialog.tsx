"use client";

import { useEffect, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { type AccessKey, fetchAccessKey, forgetAccessKey } from "@/lib/api/access-key";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import styles from "./key-dialog.module.css";
import { KeyForm } from "./key-form";

type Props = {
  onClose: () => void;
  /** The studio uses the new key from now on; the dialog is to go. */
  onAccepted: () => void;
};

const NONE: AccessKey = { source: "none", public_id: null };

/** Where a person gives the studio a key, or has it forgotten. */
export function KeyDialog({ onClose, onAccepted }: Props) {
  const { access: words } = useWords();
  const [key, setKey] = useState<AccessKey | null>(null);
  const [news, setNews] = useState("");

  useEffect(() => {
    const closing = new AbortController();
    fetchAccessKey(closing.signal)
      // Whatever is wrong, the form will say so when it is used.
      .catch(() => NONE)
      .then((found) => {
        if (!closing.signal.aborted) setKey(found);
      });
    return () => closing.abort();
  }, []);

  async function forget() {
    try {
      setKey(await forgetAccessKey());
      setNews(words.forgotten);
    } catch {
      setNews(words.errors.unexpected);
    }
  }

  return (
    <Dialog title={words.title} closeLabel={words.close} onClose={onClose}>
      <div className={styles.body}>
        <p>{key?.source === "studio" ? words.studio : words.introduction}</p>
        {key?.source === "person" && (
          <div className={styles.inUse}>
            <p>{fill(words.inUse, { id: key.public_id ?? "" })}</p>
            <Button onClick={forget}>{words.forget}</Button>
          </div>
        )}
        <p role="status" className={styles.news}>
          {news}
        </p>
        {key !== null && key.source !== "studio" && (
          // Anew when the key is forgotten: the focus must not go with its button.
          <KeyForm
            key={key.source}
            label={key.source === "person" ? words.anotherKey : words.key}
            onAccepted={onAccepted}
          />
        )}
      </div>
    </Dialog>
  );
}
