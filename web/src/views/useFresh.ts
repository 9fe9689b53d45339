import { keepPreviousData, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Desk } from "../state/desk";
import { useDesk } from "../ui/useDesk";
import { useStore } from "../ui/useStore";
import { Away } from "../wire/client";

/** Something from the server that is fetched again when the campaign has moved on. */
export function useFresh<T>(key: readonly unknown[], fetch: (desk: Desk) => Promise<T>): UseQueryResult<T> {
  const desk = useDesk();
  const name = useStore(desk.name);
  const { head } = useStore(desk.progress);
  const away = useStore(desk.connection.away);
  const query = useQuery({
    queryKey: [...key, name],
    placeholderData: keepPreviousData,
    queryFn: async () => {
      try {
        const found = await fetch(desk);
        desk.connection.reached();
        return found;
      } catch (error) {
        if (error instanceof Away) desk.connection.lost(error);
        throw error;
      }
    },
  });
  const { refetch } = query;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new head, or the server's return, asks for it
  useEffect(() => {
    const timer = setTimeout(() => void refetch(), 400);
    return () => clearTimeout(timer);
  }, [head, away === null, refetch]);
  return query;
}
