import { actionsFor, GROUPS, keysOf } from "../../actions";
import { Key } from "../../ui/Key";
import { useDesk } from "../../ui/useDesk";
import { useStore } from "../../ui/useStore";
import { useTyping } from "../../ui/useTyping";
import classes from "./Sheets.module.css";

/** The list of keys, printed from the actions themselves. */
export function HelpSheet() {
  const desk = useDesk();
  const typing = useTyping();
  useStore(desk.campaign);
  const actions = actionsFor(desk);
  return (
    <>
      <div className={classes.groups}>
        {GROUPS.map((group) => (
          <section key={group} className={classes.group}>
            <h3>{group}</h3>
            {actions
              .filter((action) => action.group === group && keysOf(action, typing).length > 0)
              .map((action) => (
                <div key={action.id} className={classes.row}>
                  <span dir="auto">{action.title}</span>
                  <span>
                    {keysOf(action, typing)
                      .slice(0, 2)
                      .map((key) => (
                        <Key key={key} of={key} quiet={false} />
                      ))}
                  </span>
                </div>
              ))}
          </section>
        ))}
      </div>
      {typing && <p>With so many classes, plain letters find a class; hold Alt for the other letters.</p>}
    </>
  );
}
