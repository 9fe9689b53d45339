import { useDesk } from "../../ui/useDesk";
import { useStore } from "../../ui/useStore";

/** Labels that were given here and are not in the server's count yet. */
export function usePendingAnswers(): number {
  const entries = useStore(useDesk().outbox.entries);
  return entries.reduce((sum, { parcel, refused }) => {
    if (refused) return sum;
    if (parcel.kind === "answer") return sum + 1;
    return parcel.kind === "retract" ? sum - 1 : sum;
  }, 0);
}
