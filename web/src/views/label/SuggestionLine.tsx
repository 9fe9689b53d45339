import { UnstyledButton } from "@mantine/core";
import { accept } from "../../actions";
import { letGo } from "../../ui/ActionButton";
import { Icon } from "../../ui/Icon";
import { Key } from "../../ui/Key";
import { useDesk } from "../../ui/useDesk";
import { percent } from "../../ui/words";
import type { Question } from "../../wire/types";
import classes from "./Lines.module.css";

/** What the model would say: apart from the answers, and never mistaken for one. */
export function SuggestionLine({ question }: { question: Question }) {
  const desk = useDesk();
  const { suggestion, hidden } = question;
  if (!suggestion)
    return (
      <div className={classes.suggestion}>
        {hidden && <span>No suggestion on this one, on purpose: it shows how much suggestions sway.</span>}
      </div>
    );
  const runnersUp = suggestion.runners_up.filter(([, proba]) => proba >= 0.05).slice(0, 2);
  return (
    <div className={classes.suggestion} data-testid="suggestion" data-value={suggestion.value}>
      <UnstyledButton
        className={classes.suggested}
        data-testid="accept"
        aria-keyshortcuts="Enter A"
        onClick={(event) => {
          accept.perform(desk);
          letGo(event);
        }}
      >
        <Icon name="spark" size={15} />
        <span>
          The model suggests <strong dir="auto">{suggestion.value}</strong>{" "}
          <span className="numbers">{percent(suggestion.proba)}</span>
        </span>
        <Key of="enter" />
      </UnstyledButton>
      {runnersUp.length > 0 && (
        <span className={classes.runnersUp}>
          then {runnersUp.map(([value, proba]) => `${value} ${percent(proba)}`).join(", ")}
        </span>
      )}
    </div>
  );
}
