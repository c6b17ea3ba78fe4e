"""The page: head, work on the left, views in the middle, results on the right."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from TMLILib.models import RESEARCH_USE
from trame.ui.vuetify3 import VAppLayout
from trame.widgets import client, html
from trame.widgets.vuetify3 import VTab, VTabs
from trame_server import Server
from trame_server.utils.typed_state import TypedState

from .browse import Browse
from .dialogs import Problems
from .panels.ct import CtPanel
from .panels.export import ExportPanel
from .panels.metrics import MetricsPanel
from .panels.models import ModelsPanel
from .panels.ptv import PtvPanel
from .panels.run import RunPanel
from .panels.structures import StructuresPanel
from .viewers import WINDOWS_HU, Viewers

HERE = Path(__file__).parent
ICON = (HERE / "icon.svg").read_text(encoding="utf-8")
THEME = {
    "theme": {
        "defaultTheme": "tmli",
        "themes": {
            "tmli": {
                "dark": True,
                "colors": {
                    "background": "#0e1317",
                    "surface": "#161d23",
                    "primary": "#35b8a6",
                    "on-primary": "#06231f",
                    "warning": "#e9b44c",
                    "error": "#ef6f6c",
                },
            }
        },
    }
}


@dataclass
class PageState:
    """Which of the results is in front."""

    tab: str = "structures"


@dataclass
class Panels:
    """The parts of the page."""

    ct: CtPanel
    models: ModelsPanel
    run: RunPanel
    structures: StructuresPanel
    metrics: MetricsPanel
    ptv: PtvPanel
    export: ExportPanel


def build_page(server: Server, panels: Panels, viewers: Viewers, problems: Problems, browse: Browse) -> None:
    """Writes the page, once."""
    server.state.trame__title = "TMLI"
    # Nothing comes from the internet: the icon is part of the page.
    server.state.trame__favicon = "data:image/svg+xml," + quote(ICON)
    state = TypedState(server.state, PageState, namespace="page")
    with VAppLayout(server, vuetify_config=THEME):
        client.Style((HERE / "style.css").read_text(encoding="utf-8"))
        with html.Div(classes="tmli-page"):
            with html.Div(classes="tmli-head"):
                html.Div(ICON)
                html.Span("TMLI", classes="tmli-name")
                html.Span("Auto-segmentation for total marrow and lymphoid irradiation", classes="tmli-subtitle")
                html.Span("For research use", classes="tmli-research", title=RESEARCH_USE)
            with html.Div(classes="tmli-left"):
                with html.Div(classes="tmli-scroll"):
                    panels.ct.build()
                    panels.models.build()
                panels.run.build()
            with html.Div(classes="tmli-middle"):
                _build_tools(viewers)
                viewers.build()
            with html.Div(classes="tmli-right"):
                _build_results(state, panels)
        problems.build()
        browse.build()


def _build_tools(viewers: Viewers) -> None:
    name = viewers.state.name
    with html.Div(classes="tmli-tools"):
        html.Span("Window")
        with html.Select(v_model=(name.window,), id="window"):
            for window, (width, level) in WINDOWS_HU.items():
                html.Option(f"{window} (W {width:.0f}, L {level:.0f})", value=window)
        html.Span("Fill")
        html.Input(type="range", min="0", max="1", step="0.05", v_model_number=(name.fill,))
        html.Span("Wheel: slice · Ctrl + wheel: zoom · Shift + move: all views", classes="tmli-hint")


def _build_results(state: TypedState[PageState], panels: Panels) -> None:
    tabs = {
        "structures": ("Structures", panels.structures),
        "metrics": ("Metrics", panels.metrics),
        "ptv": ("PTV", panels.ptv),
        "export": ("Export", panels.export),
    }
    with VTabs(v_model=(state.name.tab,), color="primary", height=40, grow=True):
        for value, (title, _) in tabs.items():
            VTab(title, value=value)
    for value, (_, panel) in tabs.items():
        with html.Div(v_show=(f"{state.name.tab} === '{value}'",), classes="tmli-scroll", id=f"tab-{value}"):
            panel.build()
