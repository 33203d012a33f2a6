"use client";

import { useWords } from "@/lib/words/use-words";
import styles from "./status-section.module.css";
import { type Known, type TierCard, tierCards } from "./tier-cards";
import cardStyles from "./tiers-section.module.css";
import { ToneDot } from "./tone-dot";

/** Studio, gateway and server, side by side as a generation passes through them. */
export function TiersSection({ known }: { known: Known }) {
  const words = useWords();
  return (
    <section className={styles.section} aria-labelledby="status-tiers">
      <header>
        <h2 id="status-tiers">{words.status.tiers.heading}</h2>
      </header>
      <ul className={cardStyles.tiers}>
        {tierCards(known, words).map((card) => (
          <TierItem key={card.tier} card={card} />
        ))}
      </ul>
    </section>
  );
}

function TierItem({ card }: { card: TierCard }) {
  return (
    <li className={cardStyles.card} data-tone={card.tone}>
      <h3>{card.name}</h3>
      <p className={cardStyles.role}>{card.role}</p>
      <p className={cardStyles.state}>
        <ToneDot tone={card.tone} />
        {card.state}
      </p>
      <dl>
        {card.facts.map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </li>
  );
}
