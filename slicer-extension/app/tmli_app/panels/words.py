"""Numbers and groups as a person says them."""

from __future__ import annotations

GROUPS = {
    "Organs 1": ("oar1",),
    "Organs 2, in pairs": ("oar2",),
    "Organs 3": ("oar3",),
    "Targets": ("ctv1", "ctv2", "ctv3"),
}
"""What the page calls the groups of the protocol."""


def gigabytes(count: int) -> str:
    """1.4 GB, 350 MB."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{max(count / 1e6, 1):.0f} MB"


def time_left(seconds: float | None) -> str:
    """What a progress bar says: nothing while it does not know."""
    if seconds is None:
        return ""
    if seconds < 10:
        return "a few seconds left"
    if seconds < 90:
        return f"{round(seconds / 5) * 5:.0f} s left"
    return f"{seconds / 60:.0f} min left"


def colour_css(rgb) -> str:
    """A colour of the protocol (0 to 255) for the page."""
    return "rgb({},{},{})".format(*rgb)
