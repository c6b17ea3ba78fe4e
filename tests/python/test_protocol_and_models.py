"""The protocol, names of ROIs, and model folders."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from conftest import REPOSITORY

import tmli

MODEL = REPOSITORY / "demo/models/all-2d"


def test_the_protocol_has_names_codes_colours_and_limits() -> None:
    protocol = tmli.protocol()
    assert len([s for s in protocol.structures if s.group != "derived"]) == 25
    kidney = protocol.structure("Kidney_L")
    assert kidney is not None and kidney.paper_name == "left kidney" and kidney.colour == (185, 102, 83)
    assert kidney.code is not None and (kidney.code.scheme, kidney.code.value) == ("SCT", "64033007")
    assert kidney.code_modifier is not None and kidney.code_modifier.value == "7771000"
    assert (kidney.interpreted_type, kidney.acceptance_dsc) == ("ORGAN", 0.7)
    assert protocol.structure("Left kidney") is None
    assert {s.id: len(s.structures) for s in protocol.sets}["all"] == 25


def test_names_of_hospitals_are_matched() -> None:
    matched = tmli.match_rois(["linke Niere", "Lt Lung", "HEART", "heart", "SpinalCord", "Ring_2cm"])
    assert matched == {
        "linke Niere": "Kidney_L",
        "Lt Lung": "Lung_L",
        "HEART": "Heart",
        "heart": "Heart",
        "SpinalCord": "SpinalCord",
        "Ring_2cm": None,
    }


def test_a_model_folder_tells_what_it_is() -> None:
    manifest = tmli.read_manifest(MODEL)
    assert manifest.network == "unet2d" and len(manifest.structures) == 25
    assert 0 < manifest.validation["Liver"] <= 1
    assert manifest.spacing_mm == (5.0, 2.5, 2.5) and manifest.patch[0] == 1
    assert len(manifest.weights_sha256) == 64
    assert tmli.read_manifest(MODEL, check=True).name == manifest.name


def test_of_models_that_are_nearly_as_good_the_one_with_the_smaller_hd95_is_chosen(tmp_path: Path) -> None:
    def model(name: str, dsc: float, hd95_mm: float) -> Path:
        shutil.copytree(MODEL, tmp_path / name)
        manifest = json.loads((tmp_path / name / "model.json").read_text())
        manifest["name"] = name
        manifest["validation"] = [{"structure": "Liver", "dsc": dsc, "hd95_mm": hd95_mm, "cases": 3}]
        (tmp_path / name / "model.json").write_text(json.dumps(manifest))
        return tmp_path / name

    models = [model("far", 0.874, 31.0), model("near", 0.871, 4.0), model("weak", 0.75, 2.0)]
    (liver,) = tmli.choose_models(models, ["Liver"])
    assert (liver.structure, liver.model, liver.network) == ("Liver", "near", "unet2d")
    assert (liver.validation_dsc, liver.validation_hd95_mm) == (0.871, 4.0)
    every = tmli.choose_models(models)
    assert [source.structure for source in every] == tmli.read_manifest(MODEL).structures
    assert [source.model for source in every if source.structure != "Liver"] == 24 * ["far"]
    with pytest.raises(tmli.ModelError, match="Gallbladder"):
        tmli.choose_models(models, ["Gallbladder"])


def test_the_expected_memory_grows_with_the_scan(child: tmli.Phantom) -> None:
    small = tmli.expected_memory([MODEL], child.ct.geometry)
    large = tmli.expected_memory([MODEL, MODEL], tmli.Geometry.axial((400, 512, 512), (0, 0, 0), (5, 1, 1)))
    assert 0 < small.host_bytes < large.host_bytes and small.device_bytes == 0
    assert tmli.expected_memory([MODEL], child.ct.geometry, device="cuda:0").device_bytes > 0
    with pytest.raises(tmli.InputError):
        tmli.expected_memory([MODEL], child.ct.geometry, device="tpu")


def test_a_damaged_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(tmli.ModelError):
        tmli.read_manifest(tmp_path)
    folder = tmp_path / "model"
    shutil.copytree(MODEL, folder)
    weights = bytearray((folder / "weights.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "weights.safetensors").write_bytes(weights)
    assert tmli.read_manifest(folder).name
    with pytest.raises(tmli.ModelError) as caught:
        tmli.read_manifest(folder, check=True)
    assert caught.value.hint
