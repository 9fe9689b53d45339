"""What people said, as tables: one row an item, or one row an answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from querist.data import ItemId, Pool
from querist.events import Annotation, ItemState, Skip, State
from querist.formats.columns import Column, ContentColumns, Table, Type, moment
from querist.formats.write import Target, write_table

__all__ = ["id_type", "state_of", "write_annotations", "write_labels"]


def write_labels(
    target: Target,
    state: State,
    pool: Pool,
    *,
    format: str | None = None,
    spreadsheet_safe: bool = False,
) -> int:
    """Write what is believed of every item that anything was said of: one row an item, in the pool's order.

    Columns: ``id``, ``label`` (none for a skipped item; a list where an item may have several
    classes), ``state`` (labelled, skipped or flagged), ``answers`` (how many stand), ``agreement`` (the
    share of them that agree with the label), ``by``, ``at``, ``seconds`` (of the first answer that
    agrees), ``because`` (why it was skipped), ``flagged``, ``comment``, ``made`` (where some items were made
    and are of no pool), and the content.  Returns the
    number of rows.

    Parameters
    ----------
    target : path or binary file
        A path is replaced in one step, or not at all; its suffix tells the format.
    format : "csv", "jsonl" or "parquet", optional
        Needed for an open file.
    spreadsheet_safe : bool
        Put an apostrophe before CSV cells that a spreadsheet would run as a formula.  Off by default,
        for it changes such cells: leave it off for files that a program reads.

    >>> import io
    >>> from querist.data import Pool
    >>> from querist.events import Answered, fold
    >>> pool = Pool(ids=["a", "b"], content=[{"text": "late again"}, {"text": "on time"}])
    >>> state = fold([(1, Answered(item="b", value="praise", by="ada"))])
    >>> file = io.BytesIO()
    >>> write_labels(file, state, pool, format="csv")
    1
    >>> print(file.getvalue().decode().splitlines()[1])
    b,praise,labelled,1,1.0,ada,1970-01-01T00:00:00.000+00:00,,,False,,on time
    """
    items = _touched(state, pool)
    own = [
        Column("id", id_type([item for item, _ in items])),
        Column("label", _value_type(state)),
        Column("state"),
        Column("answers", "integer"),
        Column("agreement", "number"),
        Column("by"),
        Column("at"),
        Column("seconds", "number"),
        Column("because"),
        Column("flagged", "truth"),
        Column("comment"),
        *_made_column(state),
    ]
    content = ContentColumns(pool, taken=[column.name for column in own])

    def rows() -> Iterator[Sequence[Any]]:
        for (item, _), cells in zip(items, _cells(items, content, state), strict=True):
            yield [item, *_label_row(item, state), *_made_cell(item, state), *cells]

    table = Table([*own, *content.columns], rows())
    return write_table(table, target, format, spreadsheet_safe=spreadsheet_safe)


def write_annotations(
    target: Target,
    state: State,
    pool: Pool,
    *,
    format: str | None = None,
    spreadsheet_safe: bool = False,
) -> int:
    """Write every answer and every skip that stands, with all that is known of how it came to be.

    One row an annotator and item: what was said, by whom, when, in how many seconds; and of the query:
    its arm, strategy, reason, rank, score, selection probability, the model's version, and the
    suggestion with whether it was hidden.  Parameters as for :func:`write_labels`.
    """
    items = _touched(state, pool)
    value = _value_type(state)
    own = [
        Column("id", id_type([item for item, _ in items])),
        Column("value", value),
        Column("state"),
        Column("because"),
        Column("by"),
        Column("at"),
        Column("seconds", "number"),
        Column("query"),
        Column("arm"),
        Column("strategy"),
        Column("why"),
        Column("rank", "integer"),
        Column("score", "number"),
        Column("probability", "number"),
        Column("model"),
        Column("suggested", value),
        Column("hidden", "truth"),
        *_made_column(state),
    ]
    content = ContentColumns(pool, taken=[column.name for column in own])

    def rows() -> Iterator[Sequence[Any]]:
        for (item, _), cells in zip(items, _cells(items, content, state), strict=True):
            of = state.items[item]
            all_said: list[Annotation | Skip] = [*of.annotations.values(), *of.skips.values()]
            for said in sorted(all_said, key=lambda one: one.number):
                yield [item, *_annotation_row(said, state), *_made_cell(item, state), *cells]

    table = Table([*own, *content.columns], rows())
    return write_table(table, target, format, spreadsheet_safe=spreadsheet_safe)


def state_of(item: ItemId, state: State) -> str:
    """In one word, where an item stands: labelled, skipped, flagged, asked or free."""
    if item in state.labels:
        return "labelled"
    of = state.items.get(item)
    if of is None:
        return "free"
    if of.skips:
        return "skipped"
    if of.flagged:
        return "flagged"
    return "asked" if item in state.open else "free"


def id_type(ids: Sequence[ItemId]) -> Type:
    """Whole numbers only when every id is one."""
    return "integer" if ids and all(isinstance(item, int) for item in ids) else "text"


def _touched(state: State, pool: Pool) -> list[tuple[ItemId, int | None]]:
    """Items of which something stands, in the pool's order; those that left the pool come last."""
    said = [
        item
        for item, of in list(state.items.items())
        if of.annotations or of.skips or of.flagged or of.comment
    ]
    inside = sorted((pool.row(item), item) for item in said if item in pool)
    outside = [item for item in said if item not in pool]
    return [*((item, row) for row, item in inside), *((item, None) for item in outside)]


def _cells(
    items: Sequence[tuple[ItemId, int | None]], content: ContentColumns, state: State
) -> Iterator[Sequence[str | None]]:
    yield from content.of([row for _, row in items if row is not None])
    for item, row in items:
        if row is None:  # made, or of a pool that was larger once
            yield content.empty() if item not in state.made else content.of_made(state.made[item].content)


def _made_column(state: State) -> list[Column]:
    """A column that tells made items from real ones, where there are any."""
    return [Column("made", "truth")] if state.made else []


def _made_cell(item: ItemId, state: State) -> list[bool]:
    return [item in state.made] if state.made else []


def _label_row(item: ItemId, state: State) -> list[Any]:
    of = state.items.get(item, ItemState())
    label = state.labels.get(item)
    if len(of.annotations) == 1 and not of.skips:  # nearly always, and there may be a hundred thousand
        (said,) = of.annotations.values()
        return _row(label, "labelled", 1, float(said.value == label), said, None, of)
    answers = sorted(of.annotations.values(), key=lambda one: one.number)
    agreeing = [one for one in answers if one.value == label]
    agreement = len(agreeing) / len(answers) if answers else None
    first: Annotation | Skip | None = next(iter(agreeing or answers), None)
    skip = min(of.skips.values(), key=lambda one: one.number, default=None)
    return _row(label, state_of(item, state), len(answers), agreement, first or skip, skip, of)


def _row(
    label: Any,
    where: str,
    answers: int,
    agreement: float | None,
    said: Annotation | Skip | None,
    skip: Skip | None,
    of: ItemState,
) -> list[Any]:
    return [
        label,
        where,
        answers,
        agreement,
        said.by if said else None,
        moment(said.at) if said else None,
        said.seconds if said else None,
        skip.because if skip else None,
        of.flagged,
        of.comment or None,
    ]


def _annotation_row(said: Annotation | Skip, state: State) -> list[Any]:
    answered = isinstance(said, Annotation)
    query = state.queries.get(said.query) if said.query else None
    asked = query.asked if query else None
    suggestion = asked.suggestion if asked else None
    return [
        said.value if isinstance(said, Annotation) else None,
        "answered" if answered else "skipped",
        said.because if isinstance(said, Skip) else None,
        said.by,
        moment(said.at),
        said.seconds,
        said.query,
        asked.arm if asked else None,
        asked.strategy if asked else None,
        asked.why if asked else None,
        asked.rank if asked else None,
        asked.score if asked else None,
        asked.probability if asked else None,
        asked.model if asked else None,
        suggestion["value"] if suggestion else None,
        asked.hidden if asked else None,
    ]


def _value_type(state: State) -> Type:
    kinds: dict[Any, Type] = {"number": "number", "multilabel": "words"}
    return kinds.get(state.task.get("name"), "text")
