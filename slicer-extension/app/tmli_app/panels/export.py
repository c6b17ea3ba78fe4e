"""The RT Structure Set, for the planning system."""

from __future__ import annotations

from dataclasses import dataclass, field

from trame.widgets import html
from trame.widgets.vuetify3 import VBtn
from trame_server import Server
from trame_server.utils.typed_state import TypedState

from ..dialogs import Problems
from ..session import Session

FILE_NAME = "tmli-rtstruct.dcm"


@dataclass
class ExportState:
    """What the page shows of the export."""

    label: str = "TMLI auto"
    refers_to: list[str] = field(default_factory=list)
    count: int = 0
    outcome: str = ""


class ExportPanel:
    """Writes an RT Structure Set that refers to the CT as it was read, and hands it to the browser."""

    def __init__(self, server: Server, session: Session, problems: Problems) -> None:
        self._session, self._server, self._problems = session, server, problems
        self._content = b""
        self.state = TypedState(server.state, ExportState, namespace="export")
        session.ct_changed.append(self._show)
        session.result_changed.append(self._show)
        server.controller.trigger("export_write")(self.write)
        server.controller.trigger("export_content")(lambda: self._content)

    def write(self) -> bool:
        """Writes the file and returns whether there is one to fetch."""
        self.state.data.outcome = ""
        with self._problems.caught():
            self._content, exported = self._session.structure_set(self.state.data.label)
            words = f"{len(exported.written)} structures written"
            self.state.data.outcome = words + (f"; empty: {', '.join(exported.empty)}" if exported.empty else "")
            return True
        return False

    def build(self) -> None:
        """The page of the right side."""
        name = self.state.name
        fetch = f"utils.download('{FILE_NAME}', trigger('export_content'), 'application/dicom')"
        html.Div("Nothing to export yet. Segment first.", v_if=(f"!{name.count}",), classes="tmli-empty")
        with html.Div(v_else=True):
            with html.Div(classes="tmli-section"):
                html.H2("RT Structure Set")
                html.Div("{{ " + name.count + " }} structures", classes="tmli-strong")
                html.Div("{{ line }}", v_for=f"line in {name.refers_to}", key="line", classes="tmli-quiet")
                html.Div("Every contour needs review before clinical use.", classes="tmli-note")
            with html.Div(classes="tmli-section"):
                html.H2("Label")
                html.Input(
                    type="text", maxlength="16", classes="tmli-number", style="text-align:left", v_model=(name.label,)
                )
                VBtn(
                    "Download",
                    id="download",
                    block=True,
                    variant="flat",
                    color="primary",
                    classes="mt-4",
                    prepend_icon="mdi-download",
                    click=f"trigger('export_write').then((ready) => ready && {fetch})",
                )
                html.Div("{{ " + name.outcome + " }}", classes="tmli-quiet mt-3 tmli-export-outcome")

    def _show(self) -> None:
        data, origin = self.state.data, self._session.export_origin()
        data.count = sum(1 for item in self._session.structures() if item.volume_ml)
        data.refers_to, data.outcome = origin.in_words().splitlines() if origin is not None else [], ""
