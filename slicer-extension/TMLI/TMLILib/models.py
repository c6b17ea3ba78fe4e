"""Folders of models: what they hold and how good they were on the patients they were validated with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .core import tmli
from .errors import Problem

MANIFEST = "model.json"
RESEARCH_USE = "For research use. Every contour needs review by a qualified person before any clinical use."


@dataclass(frozen=True)
class Source:
    """Where a structure comes from, and how good its model was on the patients it was validated with."""

    model: str
    validation_dsc: float | None
    validation_hd95_mm: float | None

    @classmethod
    def of(cls, source: tmli.StructureSource) -> Source:
        """What a job says of it, without its job."""
        return cls(source.model, source.validation_dsc, source.validation_hd95_mm)


@dataclass(frozen=True)
class ModelSet:
    """Models that work together; each structure is taken from the model that did best on it."""

    folder: Path
    folders: tuple[Path, ...]
    """One folder for each model."""
    manifests: tuple
    sources: dict[str, Source]
    """Of every structure that some model knows: where a run will take it from."""

    @property
    def structures(self) -> list[str]:
        """Every structure that some model knows, in the order of the protocol."""
        return in_protocol_order(self.sources)

    def in_words(self) -> str:
        """What a person should know before using them."""
        lines = [f"{manifest.name}: {len(manifest.structures)} structures" for manifest in self.manifests]
        scores = [source.validation_dsc for source in self.sources.values() if source.validation_dsc is not None]
        if scores:
            lines.append(f"Validation DSC {min(scores):.2f} to {max(scores):.2f}, mean {sum(scores) / len(scores):.2f}")
        else:
            lines.append("These models come without validation scores.")
        return "\n".join([*lines, RESEARCH_USE])


def read_model_set(folder: str | Path) -> ModelSet:
    """Reads a model folder, or a folder of model folders."""
    if not str(folder):
        raise Problem("No models are chosen.", "Choose a folder of models in the field Models.")
    folder = Path(folder)
    if not folder.is_dir():
        raise Problem(
            "The folder of models is not there any more.",
            "Choose it again in the field Models; check that its disk or network drive is connected.",
        )
    found = [folder] if (folder / MANIFEST).is_file() else sorted(path.parent for path in folder.glob(f"*/{MANIFEST}"))
    if not found:
        raise Problem(
            f"The chosen folder holds no models (no {MANIFEST} in it or one level below).",
            "Choose the folder that `tmli train --out` wrote, or the folder above several of them.",
        )
    manifests = tuple(tmli.read_manifest(path) for path in found)
    sources = {source.structure: Source.of(source) for source in tmli.choose_models(found)}
    return ModelSet(folder, tuple(found), manifests, sources)


def in_protocol_order(names) -> list[str]:
    """Names in the order of the protocol; what it does not know comes last, by the alphabet."""
    place = {structure.name: index for index, structure in enumerate(tmli.protocol().structures)}
    return sorted(names, key=lambda name: (place.get(name, len(place)), name))
