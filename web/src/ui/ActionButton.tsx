import { Tooltip, UnstyledButton } from "@mantine/core";
import type { MouseEvent, ReactNode } from "react";
import { type Action, keysOf, spoken } from "../actions";
import classes from "./ActionButton.module.css";
import { Icon } from "./Icon";
import { Key } from "./Key";
import { useDesk } from "./useDesk";
import { useTyping } from "./useTyping";

export interface ActionButtonProps {
  action: Action;
  label?: string;
  onlyIcon?: boolean;
  showKey?: boolean;
  on?: boolean;
  children?: ReactNode;
}

/** The button of an action: named, disabled and performed by the action itself. */
export function ActionButton({ action, label, onlyIcon, showKey, on, children }: ActionButtonProps) {
  const desk = useDesk();
  const typing = useTyping();
  const key = keysOf(action, typing)[0];
  const title = key ? `${action.title} (${spoken(key)})` : action.title;
  return (
    <Tooltip label={title}>
      <UnstyledButton
        className={classes.button}
        data-testid={action.id}
        data-only-icon={onlyIcon || undefined}
        data-on={on || undefined}
        aria-label={onlyIcon ? (label ?? action.title) : undefined}
        aria-pressed={on}
        disabled={!action.enabled(desk)}
        onClick={(event) => {
          action.perform(desk);
          letGo(event);
        }}
      >
        <Icon name={action.icon} />
        {!onlyIcon && <span className={classes.text}>{label ?? action.title}</span>}
        {showKey && key && <Key of={key} />}
        {children}
      </UnstyledButton>
    </Tooltip>
  );
}

/** After a click with the mouse the keys belong to the page again, not to the button. */
export function letGo(event: MouseEvent<HTMLElement>): void {
  if (event.detail > 0) event.currentTarget.blur();
}
