import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import { NO_FLASH_SCRIPT } from "@/features/theme/theme";
import "./globals.css";

export const metadata: Metadata = {
  title: "Easel",
  description: "Describe a picture and watch it being painted.",
};

export const viewport: Viewport = {
  // The prompt stays above the keyboard of a phone instead of behind it.
  interactiveWidget: "resizes-content",
  viewportFit: "cover",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f7f6f3" },
    { media: "(prefers-color-scheme: dark)", color: "#161614" },
  ],
};

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    // The script below sets the theme before React sees the element.
    <html lang="en" suppressHydrationWarning>
      <head>
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: our own constant */}
        <script dangerouslySetInnerHTML={{ __html: NO_FLASH_SCRIPT }} />
      </head>
      <body>{children}</body>
    </html>
  );
}
