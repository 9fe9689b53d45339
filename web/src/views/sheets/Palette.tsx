import { TextInput } from "@mantine/core";
import { type KeyboardEvent, useState } from "react";
import { type Action, actionsFor, keysOf } from "../../actions";
import { find } from "../../state/find";
import { Icon } from "../../ui/Icon";
import { Key } from "../../ui/Key";
import { useDesk } from "../../ui/useDesk";
import { useTyping } from "../../ui/useTyping";
import classes from "./Sheets.module.css";

/** Everything that can be done right now, found by typing. */
export function Palette() {
  const desk = useDesk();
  const typing = useTyping();
  const [typed, setTyped] = useState("");
  const [active, setActive] = useState(0);
  const labelling = desk.face.view.get() === "label";
  const possible = actionsFor(desk).filter(
    (action) => (labelling || !action.labelling) && action.id !== "palette" && action.enabled(desk),
  );
  const found = find(possible, ({ title }) => title, typed);
  const perform = (action: Action | undefined) => {
    if (!action) return;
    desk.face.close();
    action.perform(desk);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setActive((at) => Math.min(found.length - 1, at + 1));
    else if (event.key === "ArrowUp") setActive((at) => Math.max(0, at - 1));
    else if (event.key === "Enter") perform(found[active]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <TextInput
        data-autofocus
        data-testid="palette-input"
        leftSection={<Icon name="search" size={16} />}
        placeholder="Undo, progress, a class…"
        aria-label="What would you like to do?"
        role="combobox"
        aria-expanded
        aria-controls="palette-options"
        aria-activedescendant={`palette-${active}`}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
      />
      {found.length === 0 && (
        <p className={classes.none} role="status">
          Nothing that can be done here is called so.
        </p>
      )}
      <div id="palette-options" className={classes.options} role="listbox" aria-label="Actions">
        {found.map((action, at) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above takes the keys for the whole list
          <div
            key={action.id}
            id={`palette-${at}`}
            className={classes.option}
            role="option"
            tabIndex={-1}
            aria-selected={at === active}
            data-active={at === active || undefined}
            onMouseMove={() => setActive(at)}
            onClick={() => perform(action)}
          >
            <Icon name={action.icon} />
            <span dir="auto">{action.title}</span>
            {keysOf(action, typing)[0] && <Key of={keysOf(action, typing)[0] ?? ""} />}
          </div>
        ))}
      </div>
    </>
  );
}
