"""The HTTP application: routes, errors, and the page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

import querist
from querist.errors import (
    AlreadyAnswered,
    BudgetSpent,
    CampaignError,
    DiskFull,
    InvalidInput,
    QueristError,
    StorageError,
    UnknownItem,
    UnknownQuery,
)
from querist.server import wire
from querist.server.desk import Desk
from querist.server.figures import Figures
from querist.server.guard import Guard
from querist.server.page import FOLDER, mount_page, script_hashes
from querist.server.routes import add_routes
from querist.workspace import Workspace

__all__ = ["create_app"]

LOOPBACK = ("127.0.0.1", "localhost", "::1")

_STATUS: tuple[tuple[type[QueristError], int], ...] = (  # the first that fits
    (UnknownItem, 404),
    (UnknownQuery, 404),
    (AlreadyAnswered, 409),
    (BudgetSpent, 409),
    (CampaignError, 409),
    (InvalidInput, 422),
    (DiskFull, 507),
    (StorageError, 503),
)


def create_app(workspace: Workspace, token: str, hosts: Iterable[str] = LOOPBACK) -> FastAPI:
    """The application that serves one campaign to whoever holds ``token``.

    It starts no learner and binds no port: :func:`querist.server.serve` does both.

    Parameters
    ----------
    workspace : Workspace, opened for writing
    token : str
        What every request must carry, as the cookie that ``/?token=...`` sets or as a bearer token.
    hosts : iterable of str
        The host names under which the server may be reached.
    """
    app = FastAPI(
        title="querist",
        version=querist.__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        separate_input_output_schemas=False,
    )
    figures = Figures(workspace)
    app.state.workspace = workspace
    app.state.figures = figures
    app.state.desk = Desk(workspace, figures)
    app.state.stopping = False
    app.state.train = None  # where a slow model trains beside the quick one: a function that it stops by
    _add_errors(app)
    add_routes(app)
    mount_page(app, FOLDER)
    app.add_middleware(Guard, token=token, hosts=tuple(hosts), script_hashes=script_hashes(FOLDER))
    return app


def _add_errors(app: FastAPI) -> None:
    """Every error leaves as a Problem: what happened, and the mend."""

    @app.exception_handler(QueristError)
    async def ours(_: Request, error: QueristError) -> Response:
        status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
        return _problem(status, type(error).__name__, error.message, error.mend)

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> Response:
        first: Any = error.errors()[0]
        place = ".".join(str(part) for part in first.get("loc", ()) if part != "body")
        told = f"{place or 'The body'}: {first.get('msg', 'not valid')}."
        return _problem(422, "InvalidRequest", told, "See /api/openapi.json for what each request may hold.")

    @app.exception_handler(HTTPException)
    async def theirs(_: Request, error: HTTPException) -> Response:
        return _problem(error.status_code, "HttpError", str(error.detail), "")

    @app.exception_handler(Exception)
    async def unforeseen(_: Request, error: Exception) -> Response:
        told = f"The server failed: {type(error).__name__}."
        return _problem(500, type(error).__name__, told, "What was acknowledged is safe; try again.")


def _problem(status: int, error: str, message: str, mend: str) -> Response:
    problem = wire.Problem(error=error, message=message, mend=mend)
    return Response(problem.model_dump_json(), status_code=status, media_type="application/json")
