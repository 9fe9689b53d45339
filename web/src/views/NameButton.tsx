import { Button, Popover, TextInput, UnstyledButton } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { ActionIconButton } from "../ui/ActionIconButton";
import { useDesk } from "../ui/useDesk";
import { useStore } from "../ui/useStore";
import classes from "./Shell.module.css";

/** Who answers; a click changes it. */
export function NameButton() {
  const desk = useDesk();
  const name = useStore(desk.name);
  const sheet = useStore(desk.face.sheet);
  const [given, setGiven] = useState(false);
  return (
    <Popover
      opened={sheet === "name"}
      onChange={(opened) => !opened && desk.face.close()}
      position="bottom-end"
      withArrow
      shadow="md"
      width={290}
      trapFocus
      returnFocus={!given} // after a name the keys are the page's: space skips, and opens this no more
    >
      <Popover.Target>
        <UnstyledButton
          className={classes.name}
          data-testid="annotator"
          title={`You answer as ${name ?? desk.unnamed}; change the name`}
          onClick={() => {
            setGiven(false);
            desk.face.open("name");
          }}
        >
          {name ?? desk.unnamed}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown data-testid="name-dialog">
        <NameForm onGiven={() => setGiven(true)} />
      </Popover.Dropdown>
    </Popover>
  );
}

function NameForm({ onGiven }: { onGiven: () => void }) {
  const desk = useDesk();
  const [text, setText] = useState(desk.by);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    desk.rename(text);
    onGiven();
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    desk.face.close();
  };
  return (
    <form onSubmit={submit}>
      <TextInput
        data-autofocus
        label="Who is answering?"
        description="Your name goes with your answers."
        placeholder={desk.unnamed}
        value={text}
        maxLength={80}
        autoComplete="name"
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Button type="submit" fullWidth mt="sm">
        That is me
      </Button>
    </form>
  );
}

/** Asks once for the name, without standing in the way: whoever just starts answering is "me". */
export function NameStrip() {
  const desk = useDesk();
  const name = useStore(desk.name);
  const { past } = useStore(desk.session.state);
  const view = useStore(desk.face.view);
  const [declined, setDeclined] = useState(false);
  const [text, setText] = useState("");
  if (name !== null || declined || past.length > 0 || view !== "label") return null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    desk.rename(text);
  };
  return (
    <form className={classes.strip} onSubmit={submit} data-testid="name-strip">
      <label htmlFor="annotator-name">Who is answering?</label>
      <TextInput
        id="annotator-name"
        size="xs"
        placeholder="Your name"
        value={text}
        maxLength={80}
        autoComplete="name"
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Button type="submit" size="xs" variant="default">
        {text.trim() ? "That is me" : "Just me"}
      </Button>
      <span className={classes.wide}>or simply start answering</span>
      <ActionIconButton icon="close" label="Not now" onClick={() => setDeclined(true)} />
    </form>
  );
}
