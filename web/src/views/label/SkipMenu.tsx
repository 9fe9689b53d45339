import { Menu, UnstyledButton } from "@mantine/core";
import { skipBecause } from "../../actions";
import buttonClasses from "../../ui/ActionButton.module.css";
import { Icon } from "../../ui/Icon";
import { Key } from "../../ui/Key";
import { useDesk } from "../../ui/useDesk";
import { useStore } from "../../ui/useStore";

/** Skipping with its cause: a small menu, opened by key, by mouse or by touch. */
export function SkipMenu() {
  const desk = useDesk();
  const sheet = useStore(desk.face.sheet);
  const { skip_causes: causes } = useStore(desk.campaign);
  return (
    <Menu
      opened={sheet === "skip"}
      onChange={(opened) => desk.face.sheet.set(opened ? "skip" : null)}
      position="top"
      returnFocus={false}
    >
      <Menu.Target>
        <UnstyledButton
          className={buttonClasses.button}
          data-only-icon
          data-testid="skip-because"
          aria-label={skipBecause.title}
          title="Skip and say why (shift space)"
          disabled={!skipBecause.enabled(desk)}
        >
          <Icon name="chevron" size={16} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown data-testid="skip-causes">
        <Menu.Label>Skip, because it is…</Menu.Label>
        {causes.map((cause, at) => (
          <Menu.Item
            key={cause}
            rightSection={at < 9 ? <Key of={String(at + 1)} /> : undefined}
            onClick={() => desk.session.skip(cause)}
          >
            {cause}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
