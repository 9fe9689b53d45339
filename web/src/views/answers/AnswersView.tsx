import { SegmentedControl, Select, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { ActionIconButton } from "../../ui/ActionIconButton";
import { Icon } from "../../ui/Icon";
import { Nothing, Page } from "../../ui/Page";
import { useDesk } from "../../ui/useDesk";
import { useStore } from "../../ui/useStore";
import { count } from "../../ui/words";
import type { AnswersQuery } from "../../wire/client";
import { useFresh } from "../useFresh";
import { AnswerRow } from "./AnswerRow";
import classes from "./Answers.module.css";

const PAGE = 50;

const STATES = [
  { value: "all", label: "All" },
  { value: "labelled", label: "Labelled" },
  { value: "skipped", label: "Skipped" },
  { value: "flagged", label: "Flagged" },
];

const DISPUTED = { value: "disputed", label: "Disputed" };

type Filters = Pick<AnswersQuery, "q" | "by" | "value"> & { state: string };

/** Every answer, to be found again, opened again and corrected. */
export default function AnswersView() {
  const [filters, setFilters] = useState<Filters>({ q: "", state: "all" });
  const [offset, setOffset] = useState(0);
  const [wanted] = useDebouncedValue(filters, 200);
  const query: AnswersQuery = {
    offset,
    limit: PAGE,
    q: wanted.q,
    by: wanted.by,
    value: wanted.value,
    state: wanted.state === "all" ? undefined : (wanted.state as AnswersQuery["state"]),
  };
  const { data } = useFresh(["answers", query], (desk) => desk.wire.answers(desk.by, query));
  const change = (changes: Partial<Filters>) => {
    setFilters((now) => ({ ...now, ...changes }));
    setOffset(0);
  };
  return (
    <Page title="Answers" side={data && <span className="numbers">{count(data.total, "item")}</span>}>
      <FilterBar filters={filters} change={change} />
      {data && data.answers.length === 0 && <Nothing>Nothing here fits these filters yet.</Nothing>}
      {data && data.answers.length > 0 && (
        <ul className={classes.list} data-testid="answers">
          {data.answers.map((answer) => (
            <AnswerRow key={answer.item} answer={answer} />
          ))}
        </ul>
      )}
      {data && data.total > PAGE && <Pager offset={offset} total={data.total} turn={setOffset} />}
    </Page>
  );
}

function FilterBar({ filters, change }: { filters: Filters; change: (changes: Partial<Filters>) => void }) {
  const desk = useDesk();
  const campaign = useStore(desk.campaign);
  const { data: dashboard } = useFresh(["dashboard"], () => desk.wire.dashboard(desk.by));
  const people = (dashboard?.annotators ?? []).flatMap((row) => {
    const name = row.by ?? row.annotator ?? row.name;
    return typeof name === "string" ? [name] : [];
  });
  return (
    <search className={classes.filters}>
      <TextInput
        aria-label="Search in the items"
        placeholder="Search in the items"
        data-testid="answers-search"
        leftSection={<Icon name="search" size={16} />}
        value={filters.q}
        onChange={(event) => change({ q: event.currentTarget.value })}
      />
      <SegmentedControl
        aria-label="State"
        data={campaign.settings.overlap > 1 ? [...STATES, DISPUTED] : STATES}
        value={filters.state}
        onChange={(state) => change({ state })}
      />
      <Select
        aria-label="Class"
        placeholder="Any class"
        data={campaign.classes.map(({ name }) => name)}
        value={filters.value ?? null}
        onChange={(value) => change({ value: value ?? undefined })}
        clearable
        searchable={campaign.classes.length > 8}
        w="100%"
        maw={170}
      />
      <Select
        aria-label="Who answered"
        placeholder="Anybody"
        data={[...new Set(people)]}
        value={filters.by ?? null}
        onChange={(by) => change({ by: by ?? undefined })}
        clearable
        w="100%"
        maw={150}
      />
    </search>
  );
}

function Pager({ offset, total, turn }: { offset: number; total: number; turn: (offset: number) => void }) {
  const last = Math.min(total, offset + PAGE);
  return (
    <nav className={classes.foot} aria-label="Pages">
      <ActionIconButton
        icon="back"
        label="Newer"
        disabled={offset === 0}
        onClick={() => turn(Math.max(0, offset - PAGE))}
      />
      <span className="numbers">
        {offset + 1} to {last} of {total.toLocaleString("en")}
      </span>
      <ActionIconButton
        icon="forward"
        label="Older"
        disabled={last >= total}
        onClick={() => turn(offset + PAGE)}
      />
    </nav>
  );
}
