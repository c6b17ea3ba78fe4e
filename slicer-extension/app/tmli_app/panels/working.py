"""Long work on the page: what is being done, how far it is, and the way out."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass

from TMLILib.work import Work
from trame.widgets import html
from trame.widgets.vuetify3 import VBtn, VProgressLinear
from trame_server import Server
from trame_server.utils.typed_state import TypedState


@dataclass
class WorkingState:
    """What the page shows of it."""

    busy: bool = False
    doing: str = ""
    percent: float = 0.0
    cancelling: bool = False


class Working:
    """One row for one kind of work."""

    def __init__(self, server: Server, namespace: str) -> None:
        self.state = TypedState(server.state, WorkingState, namespace=namespace)
        self._work: Work | None = None

    @contextmanager
    def shown(self):
        """The row is there inside the block."""
        data = self.state.data
        with self.state.state:
            data.busy, data.doing, data.percent, data.cancelling = True, "Beginning", 0.0, False
        try:
            yield
        finally:
            self._work = None
            with self.state.state:
                data.busy = False

    def tell(self, work: Work) -> None:
        """Called at every step."""
        self._work = work
        with self.state.state:
            self.state.data.doing = work.progress.words
            self.state.data.percent = round(100 * work.progress.fraction)

    def cancel(self) -> None:
        """Asks for the end."""
        self.state.data.cancelling = True
        if self._work is not None:
            self._work.cancel()

    def build(self) -> None:
        """The row, while there is work."""
        name = self.state.name
        with html.Div(v_if=(name.busy,), classes="tmli-working"):
            with html.Div(classes="tmli-row mb-1"):
                html.Span("{{ " + name.doing + " }}", classes="tmli-grow tmli-quiet")
                VBtn(
                    "{{ " + f"{name.cancelling} ? 'Cancelling …' : 'Cancel'" + " }}",
                    size="x-small",
                    variant="tonal",
                    disabled=(name.cancelling,),
                    click=self.cancel,
                    classes="tmli-cancel-work",
                )
            VProgressLinear(model_value=(name.percent,), color="primary", height=4, rounded=True)
