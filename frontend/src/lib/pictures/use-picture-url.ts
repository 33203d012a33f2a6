"use client";

import { useEffect, useState } from "react";
import { apiUrl } from "@/lib/api/client";
import { fileOf } from "./library";
import type { Picture } from "./picture";

/** For `<img src>`: the kept file, or else the gateway's; null while it is looked up. */
export function usePictureUrl(
  picture: Picture,
  part: "file" | "thumbnail",
): string | null {
  const { id, url } = picture;
  const [source, setSource] = useState<string | null>(null);

  useEffect(() => {
    let isCurrent = true;
    let made: string | null = null;
    void fileOf(id).then((kept) => {
      if (!isCurrent) return;
      made = kept && URL.createObjectURL(kept[part]);
      setSource(made ?? apiUrl(url));
    });
    return () => {
      isCurrent = false;
      if (made) URL.revokeObjectURL(made);
    };
  }, [id, url, part]);

  return source;
}
