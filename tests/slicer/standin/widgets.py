"""The few widgets of Slicer that the panel uses, with the part of their interface that it uses."""

import slicer
from PySide6.QtCore import Property, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QToolButton, QVBoxLayout, QWidget


class ctkCollapsibleButton(QFrame):
    """A titled section that folds."""

    contentsCollapsed = Signal(bool)

    def __init__(self, parent=None) -> None:
        super().__init__(parent)
        self._text, self._collapsed = "", False
        self._folded: list[QWidget] | None = None
        self._title = QToolButton(self)
        self._title.setStyleSheet("QToolButton { font-weight: bold; border: none; padding: 3px; }")
        self._title.clicked.connect(lambda: self.setCollapsed(not self._collapsed))
        self.setFrameShape(QFrame.StyledPanel)

    def _get_text(self) -> str:
        return self._text

    def setText(self, text: str) -> None:
        self._text = text

    def _get_collapsed(self) -> bool:
        return self._collapsed

    def setCollapsed(self, collapsed: bool) -> None:
        if collapsed == self._collapsed:
            return
        self._collapsed = collapsed
        # The .ui loader folds a section before it has children.
        if self.layout() is not None:
            self._show()
        self.contentsCollapsed.emit(collapsed)

    def showEvent(self, event) -> None:
        self._show()
        super().showEvent(event)

    def _show(self) -> None:
        self._title.setText(("▸ " if self._collapsed else "▾ ") + self._text)
        self._title.adjustSize()
        children = [child for child in self.children() if isinstance(child, QWidget) and child is not self._title]
        if self._collapsed and self._folded is None:
            self._folded = [child for child in children if not child.isHidden()]
            for child in self._folded:
                child.hide()
        elif not self._collapsed and self._folded is not None:
            for child in self._folded:
                child.show()
            self._folded = None
        if self.layout() is not None:
            self.layout().setContentsMargins(8, 28, 8, 0 if self._collapsed else 8)
        self.setMaximumHeight(28 if self._collapsed else 16777215)

    text = Property(str, _get_text, setText)
    collapsed = Property(bool, _get_collapsed, setCollapsed)


class qMRMLWidget(QWidget):
    """The root of a module's panel."""


class qMRMLNodeComboBox(QComboBox):
    """Chooses a node of a class, or none."""

    currentNodeChanged = Signal(object)

    def __init__(self, parent=None) -> None:
        super().__init__(parent)
        self._scene, self._ids, self._tags = None, [""], []
        self.currentIndexChanged.connect(lambda *_: self.currentNodeChanged.emit(self.currentNode()))

    def setMRMLScene(self, scene) -> None:
        for tag in self._tags:
            self._scene.RemoveObserver(tag)
        self._scene = scene
        events = (slicer.vtkMRMLScene.NodeAddedEvent, slicer.vtkMRMLScene.NodeRemovedEvent)
        self._tags = [scene.AddObserver(event, lambda *_: self._fill()) for event in events]
        self._fill()

    def _fill(self) -> None:
        kept = self._ids[max(self.currentIndex(), 0)] if self._ids else ""
        classes = self.property("nodeTypes") or []
        nodes = [node for name in classes for node in slicer.util.getNodesByClass(name, self._scene)]
        nodes = [node for node in nodes if node.GetClassName() in classes]
        self._ids = ["", *(node.GetID() for node in nodes)]
        blocked = self.blockSignals(True)
        self.clear()
        self.addItems(["None", *(node.GetName() for node in nodes)])
        self.setCurrentIndex(self._ids.index(kept) if kept in self._ids else 0)
        self.blockSignals(blocked)
        if kept not in self._ids:
            self.currentNodeChanged.emit(None)

    def currentNode(self):
        index = self.currentIndex()
        return self._scene.GetNodeByID(self._ids[index]) if index > 0 else None

    def setCurrentNode(self, node) -> None:
        self.setCurrentIndex(self._ids.index(node.GetID()) if node is not None and node.GetID() in self._ids else 0)


class qMRMLSegmentEditorWidget(QWidget):
    """Slicer's editor: here only what was handed to it, in words."""

    def __init__(self, parent=None) -> None:
        super().__init__(parent)
        self.segmentation = self.source = self.parameters = None
        self.effect = ""
        layout = QVBoxLayout(self)
        self._label = QLabel("(Slicer's Segment Editor)", self)
        layout.addWidget(self._label)

    def setMRMLScene(self, scene) -> None:
        self.scene = scene

    def setMRMLSegmentEditorNode(self, node) -> None:
        self.parameters = node

    def setSegmentationNode(self, node) -> None:
        self.segmentation = node

    def setSourceVolumeNode(self, node) -> None:
        self.source = node

    def setActiveEffectByName(self, name: str) -> None:
        self.effect = name
        self._label.setText(f"(Slicer's Segment Editor, effect {name or 'none'})")
