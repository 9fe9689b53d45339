import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { answerWith } from "../../actions";
import { find, plain } from "../../state/find";
import { Icon } from "../../ui/Icon";
import { Key } from "../../ui/Key";
import { useDesk } from "../../ui/useDesk";
import { useStore } from "../../ui/useStore";
import type { ClassView } from "../../wire/types";
import type { ChoicesProps } from "./Choices";
import classes from "./ClassFinder.module.css";

/** Many classes: a few letters find the one; a digit still chooses those that have one. */
export function ClassFinder({ own }: ChoicesProps) {
  const desk = useDesk();
  const { classes: known, settings } = useStore(desk.campaign);
  const typed = useStore(desk.face.filter);
  const flash = useStore(desk.face.flash);
  const wish = useStore(desk.face.filtering);
  const input = useRef<HTMLInputElement>(null);
  const [active, setActive] = useState(0);
  const found = find(known, ({ name }) => name, typed);
  const mayAdd =
    settings.open_classes && typed.trim() !== "" && !known.some(({ name }) => name === typed.trim());
  const options = found.length + (mayAdd ? 1 : 0);
  const suggested = desk.session.looked === null ? desk.session.current?.suggestion?.value : undefined;

  useEffect(() => {
    if (wish > 0) input.current?.focus();
  }, [wish]);

  const change = (text: string) => {
    desk.face.filter.set(text);
    setActive(0);
  };
  const choose = (at: number) => {
    const option = found[at];
    if (option) answerWith(desk, option.name);
    else if (mayAdd) {
      desk.addClass(typed.trim());
      answerWith(desk, typed.trim());
    }
    setActive(0);
    input.current?.blur();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setActive((at) => Math.max(0, Math.min(options - 1, at + (event.key === "ArrowDown" ? 1 : -1))));
    } else if (event.key === "Enter" && typed.trim() !== "") {
      event.preventDefault();
      event.stopPropagation();
      choose(active);
    } else if (event.key === "Escape") {
      change("");
      input.current?.blur();
    }
  };

  return (
    <div className={classes.finder}>
      <div className={classes.field}>
        <Icon name="search" />
        <input
          ref={input}
          className={classes.input}
          data-testid="filter"
          data-filter
          role="combobox"
          aria-expanded
          aria-controls="class-options"
          aria-activedescendant={typed ? `class-option-${active}` : undefined}
          aria-label="Find a class"
          autoComplete="off"
          spellCheck={false}
          placeholder={`Type to find one of ${known.length} classes`}
          value={typed}
          onChange={(event) => change(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <Key of="/" />
      </div>
      <div id="class-options" className={classes.list} role="listbox" aria-label="Classes">
        {found.map((option, at) => (
          <Option
            key={option.name}
            option={option}
            id={`class-option-${at}`}
            typed={typed}
            active={typed !== "" && at === active}
            own={own === option.name}
            suggested={suggested === option.name}
            flash={flash === option.name}
            choose={() => choose(at)}
          />
        ))}
        {mayAdd && (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above takes the keys for the whole list
          <div
            id={`class-option-${found.length}`}
            className={classes.option}
            role="option"
            tabIndex={-1}
            aria-selected={active === found.length}
            data-active={active === found.length || undefined}
            onClick={() => choose(found.length)}
          >
            <Icon name="class" /> Add “{typed.trim()}”
          </div>
        )}
      </div>
    </div>
  );
}

interface OptionProps {
  option: ClassView;
  id: string;
  typed: string;
  active: boolean;
  own: boolean;
  suggested: boolean;
  flash: boolean;
  choose: () => void;
}

function Option({ option, id, typed, active, own, suggested, flash, choose }: OptionProps) {
  const node = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (active) node.current?.scrollIntoView?.({ block: "nearest" });
  }, [active]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field above takes the keys for the whole list
    <div
      ref={node}
      id={id}
      className={classes.option}
      role="option"
      tabIndex={-1}
      data-testid={`class-${option.name}`}
      aria-selected={active || own}
      data-active={active || undefined}
      data-own={own || undefined}
      data-suggested={(suggested && !own) || undefined}
      data-flash={flash || undefined}
      title={option.description || undefined}
      onClick={choose}
    >
      {option.key && typed === "" && (
        <span className={classes.digit}>
          <Key of={option.key} />
        </span>
      )}
      <span dir="auto">
        <Marked name={option.name} typed={typed} />
      </span>
    </div>
  );
}

/** The name with the typed letters marked, where both have the same length letter by letter. */
function Marked({ name, typed }: { name: string; typed: string }) {
  const wanted = plain(typed.trim());
  const at = wanted === "" || plain(name).length !== name.length ? -1 : plain(name).indexOf(wanted);
  if (at < 0) return name;
  const end = at + wanted.length;
  return (
    <>
      {name.slice(0, at)}
      <mark>{name.slice(at, end)}</mark>
      {name.slice(end)}
    </>
  );
}
