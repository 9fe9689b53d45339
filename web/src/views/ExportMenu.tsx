import { Menu, UnstyledButton } from "@mantine/core";
import buttonClasses from "../ui/ActionButton.module.css";
import { Icon } from "../ui/Icon";
import { useDesk } from "../ui/useDesk";
import { useStore } from "../ui/useStore";
import { exportAddress } from "../wire/client";

const FORMATS = [
  ["csv", "CSV, for spreadsheets"],
  ["jsonl", "JSON lines, for programs"],
  ["parquet", "Parquet, for data frames"],
] as const;

/** Labels and predictions as files. */
export function ExportMenu() {
  const desk = useDesk();
  const { learner } = useStore(desk.progress);
  return (
    <Menu width={250}>
      <Menu.Target>
        <UnstyledButton
          className={buttonClasses.button}
          data-only-icon
          data-testid="export"
          aria-label="Export"
        >
          <Icon name="export" />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Labels that people gave</Menu.Label>
        {FORMATS.map(([format, title]) => (
          <Menu.Item key={format} component="a" href={exportAddress("labels", format)} download>
            {title}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label>
          {learner.version ? "Predictions for every item" : "Predictions: once there is a model"}
        </Menu.Label>
        {FORMATS.map(([format, title]) => (
          <Menu.Item
            key={format}
            component="a"
            href={exportAddress("predictions", format)}
            download
            disabled={!learner.version}
          >
            {title}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
