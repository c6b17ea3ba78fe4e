"""Screenshots of widgets, kept in target/screenshots."""

import os
from pathlib import Path

from standin.application import process_events

TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or Path(__file__).resolve().parents[2] / "target")
FOLDER = TARGET / "screenshots"


def take(widget, name: str, width: int = 520) -> Path:
    """Shows the widget at this width, as high as it wants to be, and keeps its picture."""
    widget.setMinimumWidth(width)
    widget.show()
    process_events(seconds=0.1)
    widget.resize(width, max(widget.sizeHint().height(), widget.minimumSizeHint().height()))
    process_events(seconds=0.1)
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.png"
    assert widget.grab().save(str(path)), "the picture could not be written"
    return path


def colours_of(path: Path) -> set[tuple[int, int, int]]:
    """Every colour in a picture."""
    from PySide6.QtGui import QImage

    image = QImage(str(path)).convertToFormat(QImage.Format_RGB32)
    return {
        (pixel >> 16 & 255, pixel >> 8 & 255, pixel & 255)
        for y in range(image.height())
        for x in range(image.width())
        for pixel in [image.pixel(x, y)]
    }
