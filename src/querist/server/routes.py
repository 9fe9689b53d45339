"""The routes: one small function each, from the wire to the desk and back."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from fastapi import BackgroundTasks, Depends, FastAPI, Query, Request
from fastapi.responses import FileResponse, Response, StreamingResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.convertors import Convertor, register_url_convertor

import querist
from querist.data import with_bytes
from querist.errors import CampaignError, InvalidInput, NotFitted
from querist.server import wire
from querist.server.desk import Desk
from querist.server.figures import Figures
from querist.server.media import picture, resolve, version
from querist.server.newcomers import DEFAULT_NAME, Newcomers

__all__ = ["add_routes"]

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_TICK = 0.25  # seconds between two looks for news
_STILL_HERE = 15.0  # seconds after which a quiet stream says that it lives
_KINDS = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "parquet": "application/octet-stream",
}


class _IdConvertor(Convertor[str]):
    """An item's id in an address: any text, lines and slashes included (a file may be called so)."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("id", _IdConvertor())


async def _annotator(request: Request) -> str:
    """The annotator's name from its header: at most 100 characters, percent-encoded beyond ASCII."""
    name = request.headers.get("x-annotator") or request.query_params.get("annotator") or ""
    return " ".join(_CONTROL.sub(" ", unquote(name)).split())[:100] or DEFAULT_NAME


By = Annotated[str, Depends(_annotator)]


def _json(model: BaseModel) -> Response:
    """A reply without a second validation: it was valid at birth."""
    return Response(
        model.model_dump_json(), media_type="application/json", headers={"cache-control": "no-store"}
    )


def add_routes(app: FastAPI) -> None:
    """Put every ``/api`` route on the application."""
    desk: Desk = app.state.desk
    figures: Figures = app.state.figures
    _add_changes(app, desk)
    _add_views(app, desk, figures)
    _add_files(app, desk)
    newcomers = Newcomers(lambda name: desk.workspace.campaign.held(name))
    _add_events(app, figures, newcomers)

    @app.post("/api/newcomers", response_model=wire.Newcomer)
    def newcomer() -> Response:
        return _json(wire.Newcomer(name=newcomers.name()))


def _add_changes(app: FastAPI, desk: Desk) -> None:
    @app.post("/api/next", response_model=wire.NextReply)
    def next_(request: wire.NextRequest, by: By) -> Response:
        return _json(desk.next(by, request.n))

    @app.post("/api/answers", response_model=wire.Done)
    def answer(request: wire.AnswerRequest, by: By) -> Response:
        return _json(desk.answer(request, by))

    @app.post("/api/skips", response_model=wire.Done)
    def skip(request: wire.SkipRequest, by: By) -> Response:
        return _json(desk.skip(request, by))

    @app.post("/api/releases", response_model=wire.Done)
    def release(request: wire.ReleaseRequest, by: By) -> Response:
        return _json(desk.release(request.queries, by))

    @app.post("/api/retractions", response_model=wire.RetractReply)
    def retract(request: wire.ItemRequest, by: By) -> Response:
        return _json(desk.retract(request.item, by))

    @app.post("/api/corrections", response_model=wire.Done)
    def correct(request: wire.CorrectionRequest, by: By) -> Response:
        return _json(desk.correct(request.item, request.value, by))

    @app.post("/api/flags", response_model=wire.Done)
    def flag(request: wire.FlagRequest, by: By) -> Response:
        return _json(desk.flag(request, by))

    @app.post("/api/classes", response_model=wire.Done)
    def add_class(request: wire.ClassRequest, by: By) -> Response:
        return _json(desk.add_class(request.name, by))

    @app.patch("/api/settings", response_model=wire.Done)
    def change_settings(request: wire.SettingsRequest, by: By) -> Response:
        return _json(desk.change_settings(request, by))

    @app.post("/api/training", response_model=wire.Progress)
    def training(request: wire.TrainingRequest, by: By) -> Response:
        if app.state.train is None:
            raise CampaignError(
                "The model of this campaign trains within moments: there is no training to stop or begin.",
                mend="Begin a campaign with a model that takes its time: querist label DATA --model ...",
            )
        app.state.train(request.on)
        return _json(desk.figures.progress(by))


def _add_views(app: FastAPI, desk: Desk, figures: Figures) -> None:
    @app.get("/api/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/api/campaign", response_model=wire.CampaignView)
    def campaign(by: By) -> Response:
        return _json(figures.campaign(by, querist.__version__))

    @app.get("/api/progress", response_model=wire.Progress)
    def progress(by: By) -> Response:
        return _json(figures.progress(by))

    @app.get("/api/dashboard", response_model=wire.Dashboard)
    def dashboard(by: By) -> Response:
        return _json(figures.dashboard(by))

    @app.get("/api/answers", response_model=wire.AnswersReply)
    def answers(
        offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        q: Annotated[str, Query(max_length=500)] = "",
        by: Annotated[str | None, Query(max_length=100)] = None,
        value: Annotated[str | None, Query(max_length=500)] = None,
        state: Literal["labelled", "skipped", "flagged", "disputed"] | None = None,
    ) -> Response:
        return _json(desk.answers(offset=offset, limit=limit, q=q, by=by, value=value, state=state))

    @app.get("/api/items/{item:id}", response_model=wire.Content)
    def content(item: str) -> Response:
        return _json(desk.content(desk.item(item)))


def _add_files(app: FastAPI, desk: Desk) -> None:
    workspace = desk.workspace

    @app.get("/api/media/{item:id}", response_class=Response)
    def media(item: str, request: Request) -> Response:
        held = with_bytes(workspace.content(desk.item(item)))
        if held.get("data") is not None:
            data, kind = held["data"], "image/png"
        elif held.get("path") is not None:
            file = resolve(str(held["path"]), Path(workspace.manifest.media))
            tag = version(file)
            if request.headers.get("if-none-match") == tag:
                return Response(status_code=304, headers={"etag": tag})
            data, kind = picture(file)
            return Response(
                data, media_type=kind, headers={"cache-control": "private, max-age=3600", "etag": tag}
            )
        else:
            raise InvalidInput(f"The item {item!r} has no picture.", mend="Ask /api/items for its content.")
        return Response(data, media_type=kind, headers={"cache-control": "private, max-age=3600"})

    @app.get("/api/export", response_class=FileResponse)
    def export(
        background: BackgroundTasks,
        what: Literal["labels", "predictions"] = "labels",
        format: Literal["csv", "jsonl", "parquet"] = "csv",
        spreadsheet_safe: bool = True,
    ) -> Response:
        folder = tempfile.TemporaryDirectory(prefix="querist-export-")
        background.add_task(folder.cleanup)
        path = Path(folder.name) / f"{what}.{format}"
        try:
            _write(desk, what, path, format, spreadsheet_safe)
        except BaseException:
            folder.cleanup()
            raise
        name = f"{workspace.folder.name.removesuffix('.querist')}-{what}.{format}"  # as in a shell
        return FileResponse(path, media_type=_KINDS[format], filename=name, background=background)


def _write(desk: Desk, what: str, path: Path, format: str, spreadsheet_safe: bool) -> None:
    from querist.formats import write_labels, write_predictions

    workspace, ranking = desk.workspace, desk.workspace.ranking

    def write() -> None:
        state = workspace.campaign.state
        if what == "labels":
            write_labels(path, state, workspace.pool, format=format, spreadsheet_safe=spreadsheet_safe)
            return
        if ranking is None or ranking.proba is None:
            raise NotFitted(
                "There are no predictions yet: no model has been trained.",
                mend="Label items of at least two classes, and wait for the learner.",
            )
        write_predictions(
            path,
            workspace.pool,
            ranking.classes,
            ranking.proba,
            state=state,
            model=ranking.version,
            format=format,
            spreadsheet_safe=spreadsheet_safe,
        )

    _steadily(write, workspace.campaign.lock)


def _steadily(write: Callable[[], None], lock: AbstractContextManager[Any], tries: int = 2) -> None:
    """Read the live state; begin again when an answer comes in at the very moment a dictionary is read.

    Where answers come too thick and fast for that, the last try lets none in.
    """
    for _ in range(tries):
        try:
            return write()
        except RuntimeError as error:
            if "changed" not in str(error):
                raise
    with lock:
        write()


def _add_events(app: FastAPI, figures: Figures, newcomers: Newcomers) -> None:
    @app.get("/api/events", response_class=StreamingResponse)
    async def events(by: By) -> Response:
        async def news() -> AsyncIterator[str]:
            with newcomers.here(by):
                async for one in _follow(app, figures, by):
                    yield one

        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(news(), media_type="text/event-stream", headers=headers)


async def _follow(app: FastAPI, figures: Figures, by: str) -> AsyncIterator[str]:
    """Progress whenever something has happened, until the browser or the server goes."""
    yield "retry: 1500\n\n"
    seen: Any = None
    quiet = 0.0
    while not app.state.stopping:
        news = (figures.state.head, figures.learner, figures.background)
        if news != seen:
            seen, quiet = news, 0.0
            progress = await run_in_threadpool(figures.progress, by)
            yield f"id: {progress.head}\nevent: progress\ndata: {progress.model_dump_json()}\n\n"
        elif quiet >= _STILL_HERE:
            quiet = 0.0
            yield ": still here\n\n"
        await asyncio.sleep(_TICK)
        quiet += _TICK
