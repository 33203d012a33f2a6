import type { Metadata, Viewport } from "next";
import { headers } from "next/headers";
import type { ReactNode } from "react";
import { FirstLook } from "@/features/service/first-look";
import { NO_FLASH_SCRIPT } from "@/features/theme/theme";
import { configuredGateway, pagePatienceMs } from "@/lib/gateway/configured-gateway";
import { firstAnswers } from "@/lib/gateway/first-answers";
import { requestWords } from "@/lib/words/request-words";
import { WordsProvider } from "@/lib/words/use-words";
import { Shell } from "./_shell/shell";
import { EARLY_INPUT_SCRIPT } from "./_studio/early-input";
import "./globals.css";

export async function generateMetadata(): Promise<Metadata> {
  const { app } = await requestWords();
  return { title: "Easel", description: app.description };
}

export const viewport: Viewport = {
  // The prompt stays above the keyboard of a phone instead of behind it.
  interactiveWidget: "resizes-content",
  viewportFit: "cover",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f7f6f3" },
    { media: "(prefers-color-scheme: dark)", color: "#161614" },
  ],
};

export default async function RootLayout({ children }: { children: ReactNode }) {
  const [words, answers] = await Promise.all([
    requestWords(),
    firstAnswers(
      await headers(),
      configuredGateway(),
      AbortSignal.timeout(pagePatienceMs()),
    ),
  ]);
  return (
    // The script below sets the theme before React sees the element.
    <html lang={words.language} suppressHydrationWarning>
      <head>
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: our own constant */}
        <script dangerouslySetInnerHTML={{ __html: NO_FLASH_SCRIPT }} />
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: the same */}
        <script dangerouslySetInnerHTML={{ __html: EARLY_INPUT_SCRIPT }} />
      </head>
      <body>
        <WordsProvider words={words}>
          <FirstLook answers={answers}>
            <Shell>{children}</Shell>
          </FirstLook>
        </WordsProvider>
      </body>
    </html>
  );
}
