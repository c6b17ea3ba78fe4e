"""The one dialog that every error becomes, and how work reports to it."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from dataclasses import dataclass

from TMLILib.errors import Problem, as_problem
from trame.widgets import html
from trame.widgets.vuetify3 import VBtn, VCard, VCardActions, VCardText, VCardTitle, VDialog, VIcon, VSpacer
from trame_server import Server
from trame_server.utils.typed_state import TypedState

log = logging.getLogger(__name__)


@dataclass
class ProblemState:
    """What the dialog says."""

    shown: bool = False
    what: str = ""
    todo: str = ""
    details: str = ""


class Problems:
    """Shows what happened, what to do, and details to copy."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._tasks: set[asyncio.Task] = set()
        self._waiting: list[Problem] = []
        self.state = TypedState(server.state, ProblemState, namespace="problem")
        self.state.bind_changes({self.state.name.shown: self._next_when_closed})

    def show(self, error: BaseException) -> None:
        """Opens the dialog, or keeps the problem until the one before is closed. The log gets the same words, which
        hold nothing about the patient."""
        problem = as_problem(error)
        log.error("%s %s\n%s", problem.what, problem.todo, problem.details)
        if self.state.data.shown:
            self._waiting.append(problem)
        else:
            self._open(problem)

    def _open(self, problem: Problem) -> None:
        with self._server.state:
            self.state.data.what = problem.what
            self.state.data.todo = problem.todo
            self.state.data.details = problem.details
            self.state.data.shown = True

    def _next_when_closed(self, shown: bool) -> None:
        if not shown and self._waiting:
            self._open(self._waiting.pop(0))

    @contextmanager
    def caught(self):
        """Whatever goes wrong inside is shown, and the page goes on."""
        try:
            yield
        except Exception as error:
            self.show(error)

    def in_background(self, work: Callable[..., Awaitable[None]]) -> Callable[..., None]:
        """What a button calls for work that takes a while: it starts the work and returns.

        Messages of a page are answered one after the other. Waiting for the work would keep a click on Cancel waiting,
        and every movement of the mouse.
        """

        @functools.wraps(work)
        def start(*arguments) -> None:
            task = asyncio.get_running_loop().create_task(self._watched(work, arguments))
            # The loop keeps no strong reference to a task.
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        return start

    async def _watched(self, work: Callable[..., Awaitable[None]], arguments: tuple) -> None:
        with self.caught():
            await work(*arguments)
        self._server.state.flush()

    def build(self) -> None:
        """The dialog, closed at first."""
        name = self.state.name
        words = f"[{name.what}, {name.todo}, {name.details}].join('\\n\\n')"
        with (
            VDialog(v_model=(name.shown,), max_width=560),
            VCard(classes="tmli-dialog tmli-problem"),
        ):
            with VCardTitle(classes="d-flex align-center ga-2"):
                VIcon("mdi-alert-circle-outline", color="warning")
                html.Span("That did not work")
            with VCardText():
                html.Div("{{ " + name.what + " }}", classes="tmli-strong tmli-problem-what")
                html.Div("{{ " + name.todo + " }}", classes="mt-2")
                with html.Details(v_if=(name.details,), classes="mt-3"):
                    html.Summary("Details", classes="tmli-quiet")
                    html.Div("{{ " + name.details + " }}", classes="tmli-details")
            with VCardActions():
                VSpacer()
                VBtn(
                    "Copy details",
                    variant="text",
                    click=f"utils.get('navigator').clipboard.writeText({words})",
                )
                VBtn("Close", variant="flat", color="primary", click=f"{name.shown} = false")
