import { useEffect } from "react";
import type { Desk } from "../state/desk";
import { useStore } from "../ui/useStore";
import { follow } from "../wire/live";

/** Between two looks of somebody who waits for questions, in milliseconds. */
const WAIT = 20_000;

/** Keeps the desk in touch: the server's news, the network, other tabs, and the way back into the window. */
export function useLive(desk: Desk): void {
  const name = useStore(desk.name);
  useEffect(() => {
    const live = follow(
      (progress) => desk.heard(progress),
      (up) => {
        if (up && desk.connection.away.get() !== null) desk.connection.wake();
      },
      name ?? desk.unnamed,
    );
    return () => live.close();
  }, [desk, name]);

  useEffect(() => {
    const back = () => {
      if (document.visibilityState !== "visible") return;
      if (desk.connection.away.get() !== null) desk.connection.wake();
      desk.session.refreshExpired();
      desk.session.lookAgain();
    };
    const waiting = setInterval(() => {
      if (document.visibilityState === "visible") desk.session.lookAgain();
    }, WAIT);
    const online = () => desk.connection.wake();
    const elsewhere = (event: StorageEvent) => desk.otherTab(event.key, event.newValue);
    const address = () => desk.face.follow();
    window.addEventListener("online", online);
    window.addEventListener("storage", elsewhere);
    window.addEventListener("hashchange", address);
    document.addEventListener("visibilitychange", back);
    return () => {
      clearInterval(waiting);
      window.removeEventListener("online", online);
      window.removeEventListener("storage", elsewhere);
      window.removeEventListener("hashchange", address);
      document.removeEventListener("visibilitychange", back);
    };
  }, [desk]);
}
