"""The four views of the page: three slices and 3D, drawn here and sent to the browser as pictures."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from slicer import (
    vtkMRMLAbstractViewNode,
    vtkMRMLScalarVolumeNode,
    vtkMRMLSegmentationNode,
    vtkMRMLSliceNode,
)
from TMLILib import surfaces
from trame.widgets import client, html
from trame.widgets.vuetify3 import VBtn, VIcon, VSlider, VTooltip
from trame_server import Server
from trame_server.utils.typed_state import TypedState
from trame_slicer.app.logic.slice_view_logic import connect_slice_view_slider_to_state, get_view_trame_id
from trame_slicer.core import SlicerApp
from trame_slicer.rca_view import register_rca_factories
from trame_slicer.views import AbstractView, SliceView, ThreeDView, ViewLayoutDefinition, ViewProps, ViewType
from vtkmodules.vtkCommonCore import vtkCommand, vtkObject

# Colours of the planes as Slicer's users know them: axial red, coronal green, sagittal yellow.
PLANES = {"Axial": "#f2695c", "Coronal": "#7cc06a", "Sagittal": "#e8cf55"}
# A name in the page's code, so no digit first.
THREE_D = "ThreeD"
# What lies around other structures would hide them.
TRANSLUCENT = {"Lungs": 0.4, "Bag_Bowel": 0.25, "CTV3": 0.6, "CTV1": 0.5, "PTV": 0.15, "Brain": 0.6}
BACKGROUND = ("#10161b", "#1d272e")
# Window width and level in HU.
WINDOWS_HU = {"Soft tissue": (400.0, 40.0), "Bone": (1800.0, 400.0), "Lung": (1500.0, -600.0), "Brain": (80.0, 40.0)}


@dataclass
class ViewersState:
    """What the page shows of the views."""

    maximised: str = ""  # the name of the view that fills the page, if one does
    window: str = "Soft tissue"
    fill: float = 0.35  # opacity of the segments' insides on slices


class Viewers:
    """Owns the views; everything that changes what they show goes through here."""

    def __init__(self, server: Server, slicer_app: SlicerApp) -> None:
        self._server = server
        self._app = slicer_app
        self._volume: vtkMRMLScalarVolumeNode | None = None
        self._segmentations: list[vtkMRMLSegmentationNode] = []
        self.state = TypedState(server.state, ViewersState, namespace="viewers")
        self.state.bind_changes(
            {self.state.name.window: self._apply_window, self.state.name.fill: lambda _fill: self._apply_fill()}
        )
        # JPEG through Pillow: a few milliseconds for a view, and no system library is asked for.
        register_rca_factories(
            slicer_app.view_manager,
            server,
            slice_view_ui_f=self._slice_decoration,
            three_d_view_ui_f=self._three_d_decoration,
            rca_encoder="jpeg",
            interactive_quality=70,
        )
        self._sized: set[str] = set()
        # trame-slicer and we listen to an event that VTK 9.6 says it will rename.
        vtkObject.GlobalWarningDisplayOff()
        self._views: dict[str, AbstractView] = {name: self._create(name) for name in [*PLANES, THREE_D]}
        vtkObject.GlobalWarningDisplayOn()
        slicer_app.view_manager.set_current_view_ids(list(self._views))

    # ------------------------------------------------------------------------------------------ what is shown

    def show_volume(self, node: vtkMRMLScalarVolumeNode) -> None:
        """Shows a CT in all views, from its middle."""
        self._volume = node
        self._segmentations.clear()
        for view in self._slices():
            view.set_background_volume_id(node.GetID())
        self._apply_window(self.state.data.window)
        self._show_slices_in_3d(True)
        self.reset()

    def show_segmentation(self, node: vtkMRMLSegmentationNode) -> None:
        """Adds a segmentation to the slices; :meth:`build_surfaces` brings it into 3D."""
        if node not in self._segmentations:
            self._segmentations.append(node)
        if node.GetDisplayNode() is None:
            node.CreateDefaultDisplayNodes()
        self._apply_fill()

    def forget_segmentation(self, node: vtkMRMLSegmentationNode) -> None:
        """To be called before a segmentation leaves the scene."""
        if node in self._segmentations:
            self._segmentations.remove(node)
        self._show_slices_in_3d(not self._segmentations)

    async def build_surfaces(self, node: vtkMRMLSegmentationNode) -> None:
        """Makes the surfaces that are missing, one structure after the other so that the page stays alive meanwhile."""
        segmentation = node.GetSegmentation()
        for _ in surfaces.showing(node):
            await asyncio.sleep(0)
            if node.GetScene() is None:  # another result came meanwhile
                return
        display = node.GetDisplayNode()
        # Also of a segment that came later, with its surface.
        for segment_id in segmentation.GetSegmentIDs():
            display.SetSegmentOpacity3D(segment_id, TRANSLUCENT.get(segmentation.GetSegment(segment_id).GetName(), 1.0))
        self._show_slices_in_3d(False)
        self._views[THREE_D].reset_view()

    def jump_to(self, point_ras: tuple[float, float, float]) -> None:
        """Moves the slices to a point of the patient, in RAS millimetres."""
        vtkMRMLSliceNode.JumpAllSlices(self._app.scene, *point_ras, vtkMRMLSliceNode.OffsetJumpSlice)
        for view in self._slices():
            view.modified.emit(view)

    def reset(self) -> None:
        """Fits every view to what it shows."""
        for view in self._views.values():
            view.reset_view()

    def set_3d_visible(self, visible: bool) -> None:
        """Shows or hides all surfaces."""
        for node in self._segmentations:
            node.GetDisplayNode().SetVisibility3D(visible)

    # ---------------------------------------------------------------------------------------------- the page

    def build(self) -> None:
        """The grid of views; a view that was maximised hides the others."""
        state = self.state.name
        with html.Div(classes=("`tmli-views ${" + state.maximised + " ? 'tmli-views-one' : ''}`",)):
            for name, view in self._views.items():
                shown = f"!{state.maximised} || {state.maximised} === '{name}'"
                with html.Div(classes="tmli-view", v_show=(shown,), id=f"view-{name}"):
                    client.ServerTemplate(name=get_view_trame_id(self._server, view))

    def _create(self, name: str) -> AbstractView:
        if name == THREE_D:
            definition = ViewLayoutDefinition.threed_view(name=name, label=name, background_color=BACKGROUND)
        else:
            properties = ViewProps(orientation=name, label=name, color=PLANES[name], background_color="#000000")
            definition = ViewLayoutDefinition(name, ViewType.SLICE_VIEW, properties)
        view = self._app.view_manager.create_view(definition)
        view.interactor().AddObserver(vtkCommand.WindowResizeEvent, lambda *_: self._fit_once(view))
        if isinstance(view, ThreeDView):
            # Mesa's software renderer shows nothing that is translucent with depth peeling.
            view.get_view_node().SetUseDepthPeeling(False)
            view.renderer().SetUseDepthPeeling(False)
            view.set_orientation_marker(
                vtkMRMLAbstractViewNode.OrientationMarkerTypeAxes, vtkMRMLAbstractViewNode.OrientationMarkerSizeSmall
            )
        else:
            view.set_ruler(vtkMRMLAbstractViewNode.RulerTypeThin)
        return view

    def _slice_decoration(self, server: Server, _view_id: str, view: SliceView) -> None:
        name = view.get_singleton_tag()
        self._title(name, name, PLANES[name], view)
        slider = connect_slice_view_slider_to_state(server, view)
        with html.Div(classes="tmli-view-slider"):
            VSlider(
                v_model=(slider.name.value,),
                min=(slider.name.min_value,),
                max=(slider.name.max_value,),
                step=(slider.name.step,),
                color=PLANES[name],
                density="compact",
                hide_details=True,
                thumb_size=12,
                track_size=2,
            )
            html.Span("{{ " + slider.name.value + ".toFixed(1) }} mm", classes="tmli-view-offset")

    def _three_d_decoration(self, _server: Server, _view_id: str, view: ThreeDView) -> None:
        self._title(THREE_D, "3D", "#8fa3b0", view)

    def _title(self, name: str, title: str, colour: str, view: AbstractView) -> None:
        maximised = self.state.name.maximised
        with html.Div(classes="tmli-view-title"):
            html.Span(style=f"background:{colour}", classes="tmli-view-dot")
            html.Span(title)
        with html.Div(classes="tmli-view-buttons"):
            for icon, tip, click in [
                (f"{maximised} === '{name}' ? 'mdi-arrow-collapse' : 'mdi-arrow-expand'", "Fill the page", None),
                ("'mdi-image-filter-center-focus'", "Fit to the view", view.reset_view),
            ]:
                toggle = f"{maximised} = {maximised} === '{name}' ? '' : '{name}'"
                with VBtn(icon=True, size="x-small", variant="text", click=click or toggle):
                    VIcon(icon=(icon,), size="small")
                    VTooltip(tip, activator="parent", location="bottom")

    # ----------------------------------------------------------------------------------------------- details

    def _fit_once(self, view: AbstractView) -> None:
        """What a view shows was fitted to a size that was a guess until the browser told its own."""
        if view.name not in self._sized:
            self._sized.add(view.name)
            view.reset_view()

    def _slices(self) -> list[SliceView]:
        return [view for view in self._views.values() if isinstance(view, SliceView)]

    def _show_slices_in_3d(self, visible: bool) -> None:
        for view in self._slices():
            view.set_visible_in_3d(visible and view.name != "Axial")

    def _apply_window(self, window: str) -> None:
        if self._volume is not None and window in WINDOWS_HU:
            display = self._volume.GetDisplayNode()
            display.AutoWindowLevelOff()
            display.SetWindowLevel(*WINDOWS_HU[window])

    def _apply_fill(self) -> None:
        for node in self._segmentations:
            node.GetDisplayNode().SetOpacity2DFill(float(self.state.data.fill))
