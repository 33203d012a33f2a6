"use client";

import { useEffect, useState } from "react";
import { apiUrl } from "@/lib/api/client";
import { revokeLater } from "@/lib/files/object-url";
import { fileOf } from "./library";
import type { Picture } from "./picture";

type Part = "file" | "thumbnail";

/** For `<img src>`: the kept file, or else the gateway's; null while it is looked up. */
export function usePictureUrl(picture: Picture, part: Part): string | null {
  const { id, url } = picture;
  const [found, setFound] = useState<{ id: string; part: Part; source: string }>();

  useEffect(() => {
    let isCurrent = true;
    let made: string | null = null;
    void fileOf(id).then((kept) => {
      if (!isCurrent) return;
      made = kept && URL.createObjectURL(kept[part]);
      setFound({ id, part, source: made ?? apiUrl(url) });
    });
    return () => {
      isCurrent = false;
      if (made) revokeLater(made);
    };
  }, [id, url, part]);

  // What was found for another picture is not this one's.
  return found?.id === id && found.part === part ? found.source : null;
}
