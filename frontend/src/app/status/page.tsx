import type { Metadata } from "next";
import { requestWords } from "@/lib/words/request-words";
import { StatusPage } from "./status-page";

export async function generateMetadata(): Promise<Metadata> {
  const { status } = await requestWords();
  return { title: status.pageTitle };
}

export default function Page() {
  return <StatusPage />;
}
