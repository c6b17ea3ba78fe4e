"""RT Structure Sets that refer to the CT as it came from the scanner."""

import numpy as np
import pydicom
import pytest
from conftest import no_engine, state_of
from TMLILib import export, geometry, segmentation
from TMLILib.errors import Problem
from TMLILib.logic import TMLILogic
from TMLILib.models import Source

import tmli


class Database:
    """What Slicer's DICOM database answers for the files of a folder."""

    def __init__(self, folder):
        self.files = {
            str(pydicom.dcmread(file, stop_before_pixels=True).SOPInstanceUID): str(file) for file in folder.iterdir()
        }

    def fileForInstance(self, uid):  # noqa: N802 (Slicer's name)
        return self.files.get(uid, "")


def referred_uids(path) -> set[str]:
    data = pydicom.dcmread(path)
    contours = [c for roi in data.ROIContourSequence for c in roi.ContourSequence]
    frame = data.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    named = {str(image.ReferencedSOPInstanceUID) for image in frame.ContourImageSequence}
    used = {str(c.ContourImageSequence[0].ReferencedSOPInstanceUID) for c in contours}
    assert used <= named
    return named


def uids_of(folder) -> set[str]:
    return set(Database(folder).files)


def test_the_file_names_the_images_of_the_original_ct(logic, truth, volume, child_folder, child, tmp_path):
    path = tmp_path / "out.dcm"
    done = logic.export(path, truth, logic.find_origin(volume)).wait()
    assert referred_uids(path) == uids_of(child_folder / "ct")
    assert "Liver" in done.written
    back = tmli.read_structure_set(path).rasterise(child.ct.geometry)
    np.testing.assert_array_equal(back["Liver"], child.masks["Liver"])


def test_a_volume_from_the_dicom_browser_is_found_in_the_database(scene, volume, truth, child_folder, tmp_path):
    logic = TMLILogic(scene, no_engine, Database(child_folder / "ct"))
    assert volume.GetAttribute("DICOM.instanceUIDs")
    logic.export(tmp_path / "out.dcm", truth, logic.find_origin(volume)).wait()
    assert referred_uids(tmp_path / "out.dcm") == uids_of(child_folder / "ct")


def test_where_the_folder_of_a_reopened_scene_is_gone_the_database_is_asked(scene, logic, volume, child_folder):
    volume.SetAttribute(export.FOLDER, str(child_folder / "gone"))
    with pytest.raises(Problem, match="not there any more"):
        logic.find_origin(volume)
    with_database = TMLILogic(scene, no_engine, Database(child_folder / "ct"))
    assert set(with_database.find_origin(volume).identity.sop_instance_uids) == uids_of(child_folder / "ct")


def test_a_volume_that_was_loaded_from_files_knows_them(scene, logic, child_folder, child, tmp_path):
    node = geometry.add_volume(scene, tmli.read_ct_series(child_folder / "ct").volume, "CT")
    storage = scene.AddNewNodeByClass("vtkMRMLVolumeArchetypeStorageNode")
    for file in sorted((child_folder / "ct").iterdir()):
        storage.AddFileName(str(file))
    node.SetAndObserveStorageNodeID(storage.GetID())
    assert set(logic.find_origin(node).identity.sop_instance_uids) == uids_of(child_folder / "ct")


def test_a_volume_without_origin_is_explained_and_a_folder_helps(scene, logic, child_folder):
    node = geometry.add_volume(scene, tmli.read_ct_series(child_folder / "ct").volume, "CT")
    with pytest.raises(Problem, match="not known which DICOM images") as caught:
        logic.find_origin(node)
    assert "Choose the folder" in caught.value.todo
    origin = logic.find_origin(node, child_folder / "ct")
    assert origin.identity.series_uid in origin.in_words()


def test_the_folder_of_another_patient_is_refused(scene, logic, volume, tmp_path):
    tmli.write_phantom(tmp_path, seed=5, age_years=4.0)
    with pytest.raises(Problem, match="None of the 1 CT series"):
        logic.find_origin(volume, tmp_path / "ct")


def test_a_cropped_volume_is_refused(scene, logic, volume, child_folder):
    whole = geometry.volume_of(volume)
    shape = (whole.geometry.shape[0] - 5, *whole.geometry.shape[1:])
    grid = tmli.Geometry(shape, np.array(whole.geometry.lps_from_ijk).tolist())
    part = tmli.Volume(np.asarray(whole.array)[5:], grid)
    cropped = geometry.add_volume(scene, part, "cropped")
    cropped.SetAttribute(export.INSTANCE_UIDS, volume.GetAttribute(export.INSTANCE_UIDS))
    with_database = TMLILogic(scene, no_engine, Database(child_folder / "ct"))
    with pytest.raises(Problem, match="does not lie where"):
        with_database.find_origin(cropped)


def test_an_existing_file_is_never_touched(logic, truth, volume, tmp_path):
    path = tmp_path / "out.dcm"
    path.write_bytes(b"someone's work")
    with pytest.raises(Problem, match="a file of that name"):
        logic.export(path, truth, logic.find_origin(volume)).wait()
    assert path.read_bytes() == b"someone's work"


def test_contours_are_called_automatic_until_a_person_changed_one(logic, scene, volume, child, tmp_path):
    sources = {name: Source("m", 0.9, None) for name in child.masks}
    node = segmentation.add_segmentation(scene, volume, dict(child.masks.items()), sources, "Result")
    origin = logic.find_origin(volume)
    logic.export(tmp_path / "made.dcm", node, origin).wait()
    segmentation.put_segment(node, "Heart", child.masks["Liver"], origin.identity.geometry)
    logic.export(tmp_path / "changed.dcm", node, origin).wait()
    words = {
        name: {roi.ROIGenerationAlgorithm for roi in pydicom.dcmread(tmp_path / name).StructureSetROISequence}
        for name in ("made.dcm", "changed.dcm")
    }
    assert words == {"made.dcm": {"AUTOMATIC"}, "changed.dcm": {"SEMIAUTOMATIC"}}


def test_two_segments_of_one_name_are_refused(logic, scene, volume, truth, tmp_path):
    geometry.segment_of(truth, "Heart").SetName("Liver")
    before = state_of(scene)
    with pytest.raises(Problem, match="same name: Liver"):
        logic.export(tmp_path / "out.dcm", truth, logic.find_origin(volume)).wait()
    assert state_of(scene) == before
    assert not (tmp_path / "out.dcm").exists()
