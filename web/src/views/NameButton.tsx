import { Button, Popover, Text, TextInput, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import { DEFAULT_NAME } from "../state/desk";
import { useDesk } from "../ui/useDesk";
import { useStore } from "../ui/useStore";
import classes from "./Shell.module.css";

/**
 * Who answers. Asked once, without standing in the way: whoever just starts answering is "me".
 */
export function NameButton() {
  const desk = useDesk();
  const name = useStore(desk.name);
  const sheet = useStore(desk.face.sheet);
  const { past } = useStore(desk.session.state);
  const [declined, setDeclined] = useState(false);
  const asked = name === null && !declined && past.length === 0 && sheet === null;
  const open = sheet === "name" || asked;
  const close = () => {
    setDeclined(true);
    if (sheet === "name") desk.face.close();
  };
  return (
    <Popover
      opened={open}
      onChange={(opened) => !opened && close()}
      position="bottom-end"
      withArrow
      shadow="md"
      width={290}
      trapFocus={sheet === "name"}
      returnFocus={sheet === "name"}
    >
      <Popover.Target>
        <UnstyledButton
          className={classes.name}
          data-testid="annotator"
          title={`You answer as ${name ?? DEFAULT_NAME}; change the name`}
          onClick={() => desk.face.open("name")}
        >
          {name ?? DEFAULT_NAME}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown data-testid="name-dialog">
        <NameForm close={close} />
      </Popover.Dropdown>
    </Popover>
  );
}

function NameForm({ close }: { close: () => void }) {
  const desk = useDesk();
  const [text, setText] = useState(desk.name.get() ?? "");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        desk.rename(text);
        close();
      }}
    >
      <TextInput
        label="Who is answering?"
        description="Your name goes with your answers. Leave it empty if you work alone."
        placeholder={DEFAULT_NAME}
        value={text}
        maxLength={80}
        autoComplete="name"
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Button type="submit" fullWidth mt="sm" size="sm">
        {text.trim() ? "That is me" : `Go on as “${DEFAULT_NAME}”`}
      </Button>
      <Text size="xs" c="dimmed" mt="xs">
        Or just start answering.
      </Text>
    </form>
  );
}
