import { Button, Group, Textarea } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useDesk } from "../../ui/useDesk";

/** A mark on the item, with a word to those who look at it later; it is no answer. */
export function FlagForm() {
  const desk = useDesk();
  const question = desk.session.current;
  const [comment, setComment] = useState(question?.comment ?? "");
  if (!question) return null;
  const set = (flagged: boolean) => {
    desk.session.flag(question.item, flagged, flagged ? comment.trim() : "");
    desk.face.close();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    set(true);
  };
  return (
    <form onSubmit={submit}>
      <Textarea
        data-autofocus
        data-testid="flag-comment"
        label="What should somebody look at?"
        description="You can leave this empty. The question stays open for your answer."
        autosize
        minRows={2}
        maxRows={8}
        maxLength={5000}
        value={comment}
        onChange={(event) => setComment(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.shiftKey) submit(event);
        }}
      />
      <Group justify="flex-end" mt="md" gap="sm">
        {question.flagged && (
          <Button variant="default" onClick={() => set(false)}>
            Take the flag away
          </Button>
        )}
        <Button type="submit" data-testid="flag-save">
          {question.flagged ? "Save" : "Flag"}
        </Button>
      </Group>
    </form>
  );
}
