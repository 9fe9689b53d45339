import { Drawer, Modal } from "@mantine/core";
import type { ReactNode } from "react";
import { useDesk } from "../../ui/useDesk";
import { useStore } from "../../ui/useStore";
import { FlagForm } from "./FlagForm";
import { GuidelinesSheet } from "./GuidelinesSheet";
import { HelpSheet } from "./HelpSheet";
import { NewClassForm } from "./NewClassForm";
import { Palette } from "./Palette";

interface ModalSheet {
  title: string;
  size: string;
  body: () => ReactNode;
}

const MODALS: Record<"help" | "palette" | "flag" | "class", ModalSheet> = {
  help: { title: "Keys", size: "50rem", body: () => <HelpSheet /> },
  palette: { title: "What would you like to do?", size: "32rem", body: () => <Palette /> },
  flag: { title: "Flag this item", size: "30rem", body: () => <FlagForm /> },
  class: { title: "Add a class", size: "28rem", body: () => <NewClassForm /> },
};

/** The head of a dialog is a <header>, which would be a second banner of the page. */
const NOT_THE_BANNER = { header: { role: "presentation" } };

/** What comes up over the page: one at a time. */
export function Sheets() {
  const desk = useDesk();
  const sheet = useStore(desk.face.sheet);
  const close = () => desk.face.close();
  return (
    <>
      {(Object.keys(MODALS) as (keyof typeof MODALS)[]).map((name) => (
        <Modal
          key={name}
          opened={sheet === name}
          onClose={close}
          title={MODALS[name].title}
          size={MODALS[name].size}
          transitionProps={{ duration: 120 }}
          closeButtonProps={{ "aria-label": "Close" }}
          attributes={NOT_THE_BANNER}
          data-testid={`sheet-${name}`}
        >
          {MODALS[name].body()}
        </Modal>
      ))}
      <Drawer
        opened={sheet === "guidelines"}
        onClose={close}
        position="right"
        size="md"
        title="Guidelines"
        transitionProps={{ duration: 140 }}
        closeButtonProps={{ "aria-label": "Close" }}
        attributes={NOT_THE_BANNER}
        overlayProps={{ backgroundOpacity: 0.15 }}
        data-testid="sheet-guidelines"
      >
        <GuidelinesSheet />
      </Drawer>
    </>
  );
}
