"""CT series and structure sets, of a synthetic child and of real scanners."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

import tmli


def test_a_folder_tells_what_it_holds(child_folder: Path) -> None:
    scan = tmli.scan_folder(child_folder)
    (series,), (structure_set,) = scan.series, scan.structure_sets
    assert series.slices == len(series.files) == 181
    assert (series.patient_position, series.is_localizer) == ("HFS", False)
    assert "181 slices of 128 x 128" in series.summary
    assert structure_set.label == "PHANTOM" and structure_set.roi_names[0] == "Brain"
    assert structure_set.referenced_series_uids == [series.series_uid]
    assert (scan.other_objects, scan.not_dicom, scan.unreadable) == ([], 0, [])


def test_a_ct_series_is_the_child_that_was_written(child: tmli.Phantom, ct: tmli.CtSeries, child_folder: Path) -> None:
    np.testing.assert_array_equal(ct.volume.array, child.ct.array)
    assert ct.volume.geometry == ct.geometry and ct.geometry.same_grid(child.ct.geometry)
    assert ct.frame_of_reference_uid == ct.geometry.frame_of_reference_uid
    assert len(ct.sop_instance_uids) == 181
    again = tmli.scan_folder(child_folder).series[0].read()
    assert again.series_uid == ct.series_uid
    assert tmli.read_ct_series(str(child_folder), ct.series_uid).study_uid == ct.study_uid


def test_the_identity_is_known_without_the_voxels(ct: tmli.CtSeries, child_folder: Path) -> None:
    files = list((child_folder / "ct").iterdir())
    random.Random(1).shuffle(files)
    identity = tmli.read_ct_identity(files)
    assert identity.sop_instance_uids == ct.sop_instance_uids
    assert identity.geometry == ct.geometry
    assert isinstance(ct, tmli.CtIdentity) and not isinstance(identity, tmli.CtSeries)


def test_a_structure_set_gives_the_masks_back(child: tmli.Phantom, ct: tmli.CtSeries, child_folder: Path) -> None:
    file = tmli.read_structure_set(child_folder / "rtstruct.dcm", ct)
    assert file.findings == [] and len(file.rois) == 25
    lungs = file.rois[3]
    assert (lungs.name, lungs.interpreted_type, lungs.colour) == ("Lungs", "ORGAN", (197, 165, 145))
    assert lungs.contours and lungs.contours[0].points.shape[1] == 3
    masks = file.rasterise(ct.geometry)
    assert masks.findings == []
    for name, mask in child.masks.items():
        assert (masks[name] == mask).all(), name


def test_masks_are_written_and_read_back(child: tmli.Phantom, ct: tmli.CtSeries, tmp_path: Path) -> None:
    masks = {
        "Liver": child.masks["Liver"],
        "My ring": child.masks["CTV1"].astype(np.uint8),
        "Nothing": child.masks["Lens_L"] & False,
    }
    written = tmli.write_structure_set(
        tmp_path / "rs.dcm", ct, masks, label="TEST", generation="semiautomatic", algorithm="by hand", smooth=True
    )
    assert (written.written, written.empty) == (["Liver", "My ring"], ["Nothing"])
    file = tmli.read_structure_set(tmp_path / "rs.dcm", ct)
    assert (file.label, file.sop_instance_uid) == ("TEST", written.sop_instance_uid)
    assert [roi.colour for roi in file.rois] == [(221, 130, 101), (230, 230, 80)]
    back = file.rasterise(ct.geometry)
    assert (back["Liver"] == masks["Liver"]).all() and (back["My ring"] == child.masks["CTV1"]).all()


def test_masks_may_be_on_a_flipped_grid(child: tmli.Phantom, ct: tmli.CtSeries, tmp_path: Path) -> None:
    matrix = ct.geometry.lps_from_ijk
    matrix[:3, 3] += matrix[:3, 2] * (ct.geometry.shape[0] - 1)
    matrix[:3, 2] *= -1
    flipped = tmli.Geometry(ct.geometry.shape, matrix, ct.frame_of_reference_uid)
    liver = child.masks["Liver"]
    tmli.write_structure_set(tmp_path / "rs.dcm", ct, {"Liver": liver[::-1]}, geometry=flipped)
    back = tmli.read_structure_set(tmp_path / "rs.dcm", ct).rasterise(ct.geometry)
    assert (back["Liver"] == liver).all()


def test_a_file_is_replaced_only_when_that_is_said(child: tmli.Phantom, ct: tmli.CtSeries, tmp_path: Path) -> None:
    path = tmp_path / "rs.dcm"
    path.write_bytes(b"precious")
    with pytest.raises(tmli.DicomError) as caught:
        tmli.write_structure_set(path, ct, child.masks)
    assert caught.value.number == tmli.ErrorNumber.FILE_EXISTS and path.read_bytes() == b"precious"
    assert len(tmli.write_structure_set(path, ct, child.masks, overwrite=True).written) == 25


def test_what_can_not_be_written_is_refused(child: tmli.Phantom, ct: tmli.CtSeries, tmp_path: Path) -> None:
    liver = child.masks["Liver"]
    for masks, options in [
        ({"Liver": liver[1:]}, {}),
        ({"": liver}, {}),
        ({"Liver": liver}, {"generation": "guessed"}),
        ({"Liver": liver & False}, {}),
    ]:
        with pytest.raises(tmli.TmliError):
            tmli.write_structure_set(tmp_path / "rs.dcm", ct, masks, **options)
    assert list(tmp_path.iterdir()) == []


def test_a_structure_set_of_another_patient_is_refused(ct: tmli.CtSeries, tmp_path: Path) -> None:
    tmli.write_phantom(tmp_path, seed=8)
    with pytest.raises(tmli.DicomError) as caught:
        tmli.read_structure_set(tmp_path / "rtstruct.dcm", ct)
    assert caught.value.number == tmli.ErrorNumber.OTHER_PATIENT
    assert "PHANTOM-" not in str(caught.value), "an error never holds a patient's number"


def test_what_is_not_there_is_an_error_without_its_path(tmp_path: Path) -> None:
    for read in (tmli.scan_folder, tmli.read_ct_series, tmli.read_structure_set):
        with pytest.raises(tmli.DicomError) as caught:
            read(tmp_path / "Doe^Jane")
        assert "Doe" not in str(caught.value) and caught.value.hint
    with pytest.raises(tmli.DicomError):
        tmli.read_ct_identity([])


def test_real_contours_give_the_voxel_counts_of_the_benchmark(shared_data: Path) -> None:
    folder = shared_data / "ibsi1_ct_phantom"
    ct = tmli.read_ct_series(folder)
    entry = tmli.scan_folder(folder).structure_sets[0]
    masks = tmli.read_structure_set(entry.path, ct).rasterise(ct.geometry)
    assert 125256 in [masks.count(name) for name in masks]


def test_a_tilted_gantry_is_refused_by_name(shared_data: Path) -> None:
    with pytest.raises(tmli.DicomError) as caught:
        tmli.read_ct_series(shared_data / "ct_tilt_ge")
    assert caught.value.number == tmli.ErrorNumber.GANTRY_TILT
    (series, *_) = tmli.scan_folder(shared_data / "ct_tilt_ge").series
    with pytest.raises(tmli.DicomError, match="tilted"):
        series.geometry()
