import { Tooltip, UnstyledButton } from "@mantine/core";
import type { IconName } from "../actions";
import classes from "./ActionButton.module.css";
import { Icon } from "./Icon";

export interface ActionIconButtonProps {
  icon: IconName;
  label: string;
  on?: boolean;
  disabled?: boolean;
  onClick: () => void;
}

/** A small button that is only an icon, named for those who cannot see it. */
export function ActionIconButton({ icon, label, on, disabled, onClick }: ActionIconButtonProps) {
  return (
    <Tooltip label={label}>
      <UnstyledButton
        className={classes.button}
        data-only-icon
        data-on={on || undefined}
        aria-label={label}
        aria-pressed={on}
        disabled={disabled}
        onClick={onClick}
      >
        <Icon name={icon} />
      </UnstyledButton>
    </Tooltip>
  );
}
