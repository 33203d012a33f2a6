"use client";

import { useEffect } from "react";
import { useFirstLook } from "./first-look";
import { newest, type Seen } from "./seen";
import { useServiceWatch, watchService } from "./service-watch";

/**
 * A part of what is known of the service.
 *
 * The page comes with what the studio's server saw, so that its first words need no
 * second answer; from then on it looks by itself.
 */
export function useSeen<Part>(part: (seen: Seen) => Part): Part {
  const atFirst = useFirstLook();
  useEffect(() => watchService(atFirst), [atFirst]);
  return useServiceWatch((own) => part(newest(own, atFirst)));
}
