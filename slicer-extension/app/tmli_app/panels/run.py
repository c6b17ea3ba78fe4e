"""The button, the progress, the way out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from TMLILib.work import Work
from trame.widgets import html
from trame.widgets.vuetify3 import VBtn, VProgressLinear
from trame_server import Server
from trame_server.utils.typed_state import TypedState

from ..dialogs import Problems
from ..session import CANCELLED, Session
from .words import time_left

POLL_S = 0.15


@dataclass
class RunState:
    """What the page shows of a run."""

    running: bool = False
    cancelling: bool = False
    percent: float = 0.0
    stage: str = ""
    left: str = ""
    outcome: str = ""  # how the last run ended


class RunPanel:
    """Starts a segmentation and follows it from the event loop: no thread, nothing waits."""

    def __init__(self, server: Server, session: Session, problems: Problems) -> None:
        self._session, self._problems = session, problems
        self.state = TypedState(server.state, RunState, namespace="run")
        session.ct_changed.append(self._forget)

    async def start(self) -> None:
        """Runs from the click to the segments on the page."""
        data = self.state.data
        if data.running:
            return
        data.running, data.cancelling, data.percent, data.left, data.outcome = True, False, 0.0, "", ""
        data.stage = "Starting the engine"
        self.state.state.flush()
        try:
            with self._problems.caught():
                data.outcome = await self._run()
        finally:
            with self.state.state:
                data.running = False

    async def _run(self) -> str:
        run = self._session.start_run()
        try:
            while (status := run.poll()).state in ("queued", "running"):
                self._tell(status.fraction, status.stage or "Waiting for the engine", time_left(status.remaining_s))
                await asyncio.sleep(POLL_S)
        finally:
            self._session.end_run()
        if status.state == "cancelled":
            return CANCELLED
        return await self._session.take_result(run, self._tell_of_result)

    def _tell_of_result(self, work: Work) -> None:
        # Cancel leaves the scene as it was until the last structure is there.
        if self.state.data.cancelling:
            work.cancel()
        self._tell(1.0, work.progress.words, "")

    def cancel(self) -> None:
        """Ends the run; the worker stops within a fraction of a second."""
        self.state.data.cancelling = True
        self._session.cancel_run()

    def build(self) -> None:
        """The foot of the left side."""
        name = self.state.name
        with html.Div(classes="tmli-foot"):
            VBtn(
                "Auto-segment TMLI",
                v_if=(f"!{name.running}",),
                id="auto-segment",
                block=True,
                size="large",
                color="primary",
                variant="flat",
                prepend_icon="mdi-play",
                click=self._problems.in_background(self.start),
            )
            with html.Div(v_else=True):
                with html.Div(classes="tmli-row mb-1"):
                    html.Span("{{ " + name.stage + " }}", classes="tmli-grow tmli-stage")
                    html.Span("{{ " + name.left + " }}", classes="tmli-quiet tmli-left-time")
                VProgressLinear(
                    model_value=(name.percent,), color="primary", height=8, rounded=True, id="progress", striped=False
                )
                VBtn(
                    "{{ " + f"{name.cancelling} ? 'Cancelling …' : 'Cancel'" + " }}",
                    id="cancel",
                    block=True,
                    variant="tonal",
                    classes="mt-3",
                    disabled=(name.cancelling,),
                    click=self.cancel,
                )
            html.Div(
                "{{ " + name.outcome + " }}",
                v_if=(f"{name.outcome} && !{name.running}",),
                classes="tmli-quiet mt-2 tmli-outcome",
            )

    def _tell(self, fraction: float, stage: str, left: str) -> None:
        with self.state.state:
            data = self.state.data
            data.percent, data.stage, data.left = round(100 * fraction, 1), stage, left

    def _forget(self) -> None:
        self.state.data.outcome = ""
