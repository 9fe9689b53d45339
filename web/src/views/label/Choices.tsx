import { UnstyledButton, VisuallyHidden } from "@mantine/core";
import { answerWith, newClass } from "../../actions";
import { letGo } from "../../ui/ActionButton";
import { Icon } from "../../ui/Icon";
import { Key } from "../../ui/Key";
import { useDesk } from "../../ui/useDesk";
import { useStore } from "../../ui/useStore";
import type { ClassView } from "../../wire/types";
import classes from "./Choices.module.css";

export interface ChoicesProps {
  /** What this annotator said of the item before, if anything. */
  own: string | null;
}

/** The classes as large buttons, each with its key. */
export function Choices({ own }: ChoicesProps) {
  const desk = useDesk();
  const campaign = useStore(desk.campaign);
  const known = campaign.classes;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms, and these are buttons
    <div role="group" aria-label="Classes">
      {known.length === 0 && (
        <p className={classes.none}>
          There is no class yet. Name the first one, and it is this item's answer.
        </p>
      )}
      <div className={classes.grid} data-few={known.length <= 5 || undefined}>
        {known.map((option) => (
          <Choice key={option.name} option={option} own={own === option.name} />
        ))}
        {campaign.settings.open_classes && <AddClass first={known.length === 0} />}
      </div>
    </div>
  );
}

export function Choice({ option, own }: { option: ClassView; own: boolean }) {
  const desk = useDesk();
  const flash = useStore(desk.face.flash);
  const suggested = desk.session.looked === null && desk.session.current?.suggestion?.value === option.name;
  return (
    <UnstyledButton
      className={classes.choice}
      data-testid={`class-${option.name}`}
      data-flash={flash === option.name || undefined}
      data-own={own || undefined}
      data-suggested={(suggested && !own) || undefined}
      aria-keyshortcuts={option.key ?? undefined}
      onClick={(event) => {
        answerWith(desk, option.name);
        letGo(event);
      }}
    >
      <span className={classes.key}>{option.key && <Key of={option.key} />}</span>
      <span className={classes.label}>
        <span className={classes.name} dir="auto">
          {option.name}
        </span>
        {option.description && <span className={classes.description}>{option.description}</span>}
      </span>
      <span className={classes.mark}>
        {own && <Icon name="accept" />}
        {own && <VisuallyHidden>, your earlier answer</VisuallyHidden>}
        {suggested && <VisuallyHidden>, suggested by the model</VisuallyHidden>}
      </span>
    </UnstyledButton>
  );
}

function AddClass({ first }: { first: boolean }) {
  const desk = useDesk();
  return (
    <UnstyledButton
      className={classes.add}
      data-testid="new-class"
      onClick={(event) => {
        newClass.perform(desk);
        letGo(event);
      }}
    >
      <Icon name="class" /> {first ? "Name the first class" : "Add a class"} <Key of="n" />
    </UnstyledButton>
  );
}
