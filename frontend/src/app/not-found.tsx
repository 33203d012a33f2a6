import { LinkButton } from "@/components/button";
import { requestWords } from "@/lib/words/request-words";
import styles from "./error.module.css";

export default async function NotFound() {
  const { notFound } = (await requestWords()).app;
  return (
    <main className={styles.error}>
      <h1>{notFound.title}</h1>
      <p>{notFound.advice}</p>
      <LinkButton look="primary" href="/">
        {notFound.back}
      </LinkButton>
    </main>
  );
}
