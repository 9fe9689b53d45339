import { createContext, useContext } from "react";
import type { Desk } from "../state/desk";

export const DeskContext = createContext<Desk | null>(null);

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error("No desk: a part of the page stands outside DeskContext.");
  return desk;
}
