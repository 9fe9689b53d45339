import { TYPE_TO_FILTER } from "../actions";
import { useDesk } from "./useDesk";
import { useStore } from "./useStore";

/** Whether there are so many classes that letters find them. */
export function useTyping(): boolean {
  return useStore(useDesk().campaign).classes.length > TYPE_TO_FILTER;
}
