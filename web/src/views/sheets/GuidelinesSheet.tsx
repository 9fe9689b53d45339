import { Button, Text } from "@mantine/core";
import { Prose } from "../../ui/Prose";
import { useDesk } from "../../ui/useDesk";
import { useStore } from "../../ui/useStore";
import classes from "./Sheets.module.css";

export function GuidelinesSheet() {
  const desk = useDesk();
  const { settings, classes: known } = useStore(desk.campaign);
  const described = known.filter(({ description }) => description !== "");
  return (
    <>
      {settings.guidelines.trim() ? (
        <Prose className={classes.prose} text={settings.guidelines} />
      ) : (
        <>
          <Text c="dimmed" mb="sm">
            Nobody has written guidelines yet. A few sentences help everybody answer alike.
          </Text>
          <Button variant="default" onClick={() => desk.face.go("settings")}>
            Write them
          </Button>
        </>
      )}
      {described.length > 0 && (
        <dl className={classes.classes}>
          {described.map(({ name, description }) => (
            <div key={name}>
              <dt dir="auto">{name}</dt>
              <dd dir="auto">{description}</dd>
            </div>
          ))}
        </dl>
      )}
    </>
  );
}
