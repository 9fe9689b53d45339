import { Button, Checkbox, Group, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { answerWith } from "../../actions";
import { useDesk } from "../../ui/useDesk";
import { useStore } from "../../ui/useStore";

/** A class that was missing; usually it is also the answer to the question on the screen. */
export function NewClassForm() {
  const desk = useDesk();
  const { classes } = useStore(desk.campaign);
  const asked = useStore(desk.face.view) === "label" && desk.session.current !== null;
  const [name, setName] = useState("");
  const [use, setUse] = useState(true);
  const clean = name.trim();
  const known = classes.some((one) => one.name.toLowerCase() === clean.toLowerCase());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!clean || known) return;
    desk.face.close();
    desk.addClass(clean);
    if (use && asked) answerWith(desk, clean);
  };
  return (
    <form onSubmit={submit}>
      <TextInput
        data-autofocus
        data-testid="new-class-name"
        label="Name"
        value={name}
        maxLength={200}
        dir="auto"
        error={known ? "There is a class of this name already." : undefined}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      {asked && (
        <Checkbox
          mt="md"
          label="It is also the answer to this question"
          checked={use}
          onChange={(event) => setUse(event.currentTarget.checked)}
        />
      )}
      <Group justify="flex-end" mt="md">
        <Button type="submit" disabled={!clean || known} data-testid="new-class-save">
          Add
        </Button>
      </Group>
    </form>
  );
}
