import { type ReactNode, useId } from "react";
import classes from "./Page.module.css";

export interface PageProps {
  title: string;
  side?: ReactNode;
  narrow?: boolean;
  children: ReactNode;
}

/** A scrolling page with its title. */
export function Page({ title, side, narrow, children }: PageProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className={classes.page} tabIndex={0} aria-label={title}>
      <div className={classes.inner} data-narrow={narrow || undefined}>
        <div className={classes.head}>
          <h2>{title}</h2>
          {side}
        </div>
        {children}
      </div>
    </section>
  );
}

export function Cards({ children }: { children: ReactNode }) {
  return <div className={classes.cards}>{children}</div>;
}

export interface CardProps {
  title: string;
  lead?: ReactNode;
  wide?: boolean;
  children?: ReactNode;
}

export function Card({ title, lead, wide, children }: CardProps) {
  const id = useId();
  return (
    <section className={classes.card} data-wide={wide || undefined} aria-labelledby={id}>
      <h3 id={id}>{title}</h3>
      {lead && <p className={classes.lead}>{lead}</p>}
      {children}
    </section>
  );
}

export function Nothing({ children }: { children: ReactNode }) {
  return <p className={classes.empty}>{children}</p>;
}
