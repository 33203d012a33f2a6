"use client";

import dynamic from "next/dynamic";
import { type ReactNode, useEffect } from "react";
import { LiveRegion } from "@/components/live-region";
import { Toasts } from "@/components/toasts";
import { useAttention } from "@/features/attention/use-attention";
import { CommandCentre } from "@/features/commands/command-centre";
import { isGenerating, progressOf } from "@/features/generation/generation-view";
import { useLiveGenerations } from "@/features/generation/live-generations";
import { announcement } from "@/features/generation/progress-words";
import { ServiceBanner } from "@/features/service/service-banner";
import { serviceWords } from "@/features/service/service-words";
import { useService } from "@/features/service/use-service";
import { useWords } from "@/lib/words/use-words";
import { useCommands } from "./commands";
import { closeDialog, useDialogs } from "./dialogs";
import { Header } from "./header";
import { useKeeping } from "./keeping";
import { useLastEnded } from "./last-ended";
import styles from "./shell.module.css";
import { warmUp } from "./warm-up";

// With all that only dialogs need: no part of the first load.
const DialogHost = dynamic(async () => (await import("./dialog-host")).DialogHost);

/** What stays while screens change: the header, running generations, dialogs, keys. */
export function Shell({ children }: { children: ReactNode }) {
  const words = useWords();
  const { service } = useService();
  const { generations, isConnected } = useLiveGenerations();
  const commands = useCommands();
  const opened = useDialogs((state) => state.opened?.kind ?? null);
  useKeeping();
  useEffect(warmUp, []);
  const running = generations.filter(({ view }) => isGenerating(view));
  const lastEnded = useLastEnded();
  useAttention({ running: running.length, progress: shared(running), lastEnded });

  // The newest speaks: two voices at once nobody understands.
  const newest = generations.at(-1);
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#content">
        {words.app.skip}
      </a>
      <Header />
      <ServiceBanner service={service} />
      {children}
      <CommandCentre
        commands={commands}
        opened={opened === "palette" || opened === "shortcuts" ? opened : null}
        onClose={closeDialog}
      />
      {opened && <DialogHost />}
      <LiveRegion
        label={words.app.news}
        messages={[
          serviceWords(service, words.service).trouble?.title ?? "",
          newest ? announcement(newest.view, words) : "",
          isConnected ? "" : words.generation.spoken.reconnecting,
        ]}
      />
      <Toasts />
    </div>
  );
}

type Live = ReturnType<typeof useLiveGenerations.getState>["generations"];

/** From 0 to 1 over all that run; what waits is at its beginning. */
function shared(running: Live): number | null {
  if (running.length === 0) return null;
  const sum = running.reduce((all, { view }) => all + (progressOf(view) ?? 0), 0);
  return sum / running.length;
}
