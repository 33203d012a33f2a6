import type { Metadata } from "next";
import { Suspense } from "react";
import { requestWords } from "@/lib/words/request-words";
import { HistoryPage } from "./history-page";

export async function generateMetadata(): Promise<Metadata> {
  const { history } = await requestWords();
  return { title: `${history.title} – Easel` };
}

export default function Page() {
  return (
    <Suspense>
      <HistoryPage />
    </Suspense>
  );
}
