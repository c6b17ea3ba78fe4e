"""The real Slicer library with a scene and the logics that the extension asks `slicer.modules` for."""

from types import SimpleNamespace

import slicer


class Application:
    """Holds what the Slicer application holds; nothing in a scene works once its owner is gone."""

    def __init__(self, cache_folder: str) -> None:
        self.scene = slicer.vtkMRMLScene()
        self.logic = slicer.vtkMRMLApplicationLogic()
        self.logic.SetMRMLScene(self.scene)
        self.cache = slicer.vtkCacheManager()
        self.cache.SetRemoteCacheDirectory(cache_folder)
        self.scene.SetCacheManager(self.cache)
        self.data_io = slicer.vtkDataIOManagerLogic()
        self.data_io.SetMRMLApplicationLogic(self.logic)
        self.colours = self._logic(slicer.vtkMRMLColorLogic())
        self.modules = {
            "segmentations": self._logic(slicer.vtkSlicerSegmentationsModuleLogic()),
            "terminologies": self._logic(slicer.vtkSlicerTerminologiesModuleLogic()),
            "volumes": self._logic(slicer.vtkSlicerVolumesLogic()),
        }

    def _logic(self, logic):
        logic.SetMRMLScene(self.scene)
        logic.SetMRMLApplicationLogic(self.logic)
        return logic

    def install(self) -> None:
        """Makes this the scene that `slicer.mrmlScene` and `slicer.util` work on."""
        slicer.mrmlScene = self.scene
        slicer.modules = SimpleNamespace(
            **{name: SimpleNamespace(logic=lambda logic=logic: logic) for name, logic in self.modules.items()}
        )
