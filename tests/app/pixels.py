"""What colours a picture of the page holds."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from playwright.sync_api import Page

# JPEG moves a colour a little, and lines are blended with the grey around them.
TOLERANCE = 70


def picture(page: Page, view: str) -> np.ndarray:
    """A view as the browser shows it, without our words at its edges: rows, columns, RGB."""
    shot = Image.open(io.BytesIO(page.locator(f"#view-{view}").screenshot())).convert("RGB")
    return np.asarray(shot).astype(int)[40:-50]


def count(page: Page, view: str, rgb: tuple[int, int, int]) -> int:
    """How many pixels of a view have about this colour."""
    return int((np.abs(picture(page, view) - rgb).max(axis=-1) < TOLERANCE).sum())
