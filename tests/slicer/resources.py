"""The files of the extension that are made from something else in this repository.

python tests/slicer/resources.py      # writes them; test_resources.py says when they are out of date
"""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESOURCES = ROOT / "slicer-extension" / "TMLI" / "Resources"
LISTS = ROOT / "rust-core" / "xtask" / "python"


def terminology_json() -> str:
    """The structures of the protocol, as Slicer's terminology selector reads them."""
    from TMLILib.terminology import CONTEXT

    import tmli

    categories: dict[tuple[str, str], dict] = {}
    for structure in tmli.protocol().structures:
        if structure.code is None:
            continue
        kinds = categories.setdefault(_key(structure.category), {**_code(structure.category), "Type": []})["Type"]
        kind = next((kind for kind in kinds if _same(kind, structure.code)), None)
        if kind is None:
            kind = {"recommendedDisplayRGBValue": list(structure.colour), **_code(structure.code)}
            kinds.append(kind)
        if structure.code_modifier is not None:
            modifier = {"recommendedDisplayRGBValue": list(structure.colour), **_code(structure.code_modifier)}
            kind.setdefault("Modifier", []).append(modifier)
    content = {
        "SegmentationCategoryTypeContextName": CONTEXT,
        "@schema": "https://raw.githubusercontent.com/qiicr/dcmqi/master/doc/segment-context-schema.json#",
        "SegmentationCodes": {"Category": list(categories.values())},
    }
    return json.dumps(content, indent=2) + "\n"


def _key(code) -> tuple[str, str]:
    return code.scheme, code.value


def _code(code) -> dict[str, str]:
    return {"CodeMeaning": code.meaning, "CodingSchemeDesignator": code.scheme, "CodeValue": code.value}


def _same(entry: dict, code) -> bool:
    return (entry["CodingSchemeDesignator"], entry["CodeValue"]) == _key(code)


def made_from() -> dict[Path, str]:
    """Every such file with what should be in it."""
    return {
        RESOURCES / "SegmentationCategoryTypeModifier-TMLI.json": terminology_json(),
        RESOURCES / "engine-cpu.txt": (LISTS / "libtorch-cpu.txt").read_text(encoding="utf-8"),
        RESOURCES / "engine-cuda.txt": (LISTS / "libtorch-cuda.txt").read_text(encoding="utf-8"),
    }


if __name__ == "__main__":
    import conftest  # noqa: F401 (the paths)

    for path, text in made_from().items():
        path.write_text(text, encoding="utf-8")
