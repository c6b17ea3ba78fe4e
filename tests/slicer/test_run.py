"""From a CT to an RT Structure Set, in a real scene, with the real worker and the model that is shipped."""

import os
import shutil
import signal
import subprocess
import time

import numpy as np
import pydicom
import pytest
import slicer
from conftest import MODELS, no_engine, state_of, wait
from TMLILib import geometry, models, refine, segmentation
from TMLILib.errors import Problem
from TMLILib.logic import TMLILogic

import tmli


def test_a_child_is_segmented_compared_and_exported(ready, scene, child, child_folder, tmp_path):
    volume = ready.load_ct(child_folder / "ct")
    before = state_of(scene)
    model_set = ready.read_models(MODELS)

    cancelled = ready.start(volume, model_set, device="cpu")
    cancelled.cancel()
    assert wait(cancelled).state == "cancelled"
    with pytest.raises(Problem, match="cancelled"):
        ready.finish(cancelled).wait()
    assert state_of(scene) == before, "a cancelled run leaves the scene as it was"

    run = ready.start(volume, model_set, device="cpu")
    assert wait(run).state == "done"
    outcome = ready.finish(run).wait()

    truth = segmentation.add_segmentation(scene, volume, dict(child.masks.items()), {}, "Truth")
    rows = {row.structure: row for row in ready.compare(truth, outcome.node, volume).wait().rows}
    scores = [row.values["DSC"] for row in rows.values()]
    assert len(rows) >= 23 and np.mean(scores) > 0.75, {name: row.values["DSC"] for name, row in rows.items()}
    assert "CPU" in outcome.device.upper()
    assert models.RESEARCH_USE in outcome.in_words()
    assert segmentation.tag(geometry.segment_of(outcome.node, "Liver"), segmentation.TAG_MODEL) == "all unet2d"

    path = tmp_path / "rtstruct.dcm"
    ready.export(path, outcome.node, ready.find_origin(volume)).wait()
    data = pydicom.dcmread(path)
    uids = {str(pydicom.dcmread(f, stop_before_pixels=True).SOPInstanceUID) for f in (child_folder / "ct").iterdir()}
    frame = data.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    assert {str(image.ReferencedSOPInstanceUID) for image in frame.ContourImageSequence} == uids
    assert {roi.ROIGenerationAlgorithm for roi in data.StructureSetROISequence} == {"AUTOMATIC"}


@pytest.fixture
def slab(ready, scene, child):
    """Twelve slices through the liver: a run of a second."""
    (first, last), _, _ = child.masks.bounds("Liver")
    middle = (first + last) // 2
    matrix = np.array(child.ct.geometry.lps_from_ijk)
    matrix[:3, 3] += matrix[:3, 2] * (middle - 6)
    voxels = np.ascontiguousarray(np.asarray(child.ct.array)[middle - 6 : middle + 6])
    part = tmli.Volume(voxels, tmli.Geometry(voxels.shape, matrix.tolist()))
    return geometry.add_volume(scene, part, "Slab")


def test_only_the_checked_structures_arrive(ready, slab):
    run = ready.start(slab, ready.read_models(MODELS), ["Liver"], "cpu")
    wait(run)
    outcome = ready.finish(run).wait()
    assert list(segmentation.names_and_ids(outcome.node)) == ["Liver"]


def test_a_structure_is_segmented_again_in_a_box_only(ready, slab):
    region = ((2, 10), (30, 90), (30, 70))
    run = ready.start_in_region(slab, ready.read_models(MODELS), "Liver", region, "cpu")
    wait(run)
    found = run.take().masks["Liver"]
    inside = geometry.content(found)
    assert inside is not None
    assert all(b >= rb and e <= re for (b, e), (rb, re) in zip(inside, run.region, strict=True))
    before = np.zeros_like(found)
    before[0, 0, 0] = before[5, 40, 40] = True
    after = refine.replaced(before, found, run.region)
    assert after[0, 0, 0], "outside of the box it stays"
    np.testing.assert_array_equal(after[2:10, 30:90, 30:70], found[2:10, 30:90, 30:70])


def test_a_structure_that_the_models_do_not_know_is_said(ready, slab):
    with pytest.raises(Problem, match="do not know Tumour"):
        ready.start_in_region(slab, ready.read_models(MODELS), "Tumour", ((0, 5), (0, 5), (0, 5)))


def test_an_mr_is_refused_by_its_values_and_by_its_modality(ready, scene, slab):
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "MR")
    slicer.util.updateVolumeFromArray(node, np.random.default_rng(0).integers(0, 900, (8, 64, 64)).astype(np.int16))
    before = state_of(scene)
    with pytest.raises(Problem, match="does not look like a CT"):
        ready.start(node, ready.read_models(MODELS))
    assert state_of(scene) == before
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    item = hierarchy.CreateItem(hierarchy.GetSceneItemID(), slab)
    hierarchy.SetItemAttribute(item, "DICOM.Modality", "MR")
    with pytest.raises(Problem, match="modality is MR"):
        ready.start(slab, ready.read_models(MODELS))


def test_an_engine_that_is_not_installed_is_said(scene, ready, slab):
    before = state_of(scene)
    with pytest.raises(Problem, match="not installed") as caught:
        TMLILogic(scene, no_engine).start(slab, ready.read_models(MODELS))
    assert "Install" in caught.value.todo
    assert state_of(scene) == before


def test_a_model_folder_that_went_away_is_said(scene, ready, slab, tmp_path):
    shutil.copytree(MODELS, tmp_path / "models")
    model_set = ready.read_models(tmp_path / "models")
    shutil.rmtree(tmp_path / "models")
    before = state_of(scene)
    with pytest.raises(Problem, match="not there any more"):
        ready.start(slab, model_set)
    assert state_of(scene) == before


def test_a_worker_that_is_killed_is_said_and_the_next_run_works(scene, worker, child_folder, slab):
    with tmli.Engine(worker=str(worker)) as engine:
        logic = TMLILogic(scene, lambda: engine)
        volume = logic.load_ct(child_folder / "ct")
        model_set = logic.read_models(MODELS)
        engine.describe()
        before = state_of(scene)
        run = logic.start(volume, model_set, device="cpu")
        while run.poll().state == "queued":
            time.sleep(0.01)
        os.kill(newest_worker(), signal.SIGKILL)
        assert wait(run).state == "failed"
        with pytest.raises(Problem) as caught:
            logic.finish(run).wait()
        assert caught.value.todo and "TMLI error" in caught.value.details
        assert state_of(scene) == before
        again = logic.start(slab, model_set, ["Liver"], "cpu")
        assert wait(again).state == "done"


def newest_worker() -> int:
    """The process of the engine that was made last. The session's own engine has a worker too, and a panel may just be
    asking another one about devices; numbers of processes start again at the end, so only their age tells."""
    listing = subprocess.run(
        ["ps", "-o", "pid=,etimes=,args=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=True
    )
    workers = [line.split() for line in listing.stdout.splitlines() if "tmli-worker serve" in line]
    return int(min(workers, key=lambda words: (int(words[1]), -int(words[0])))[0])


def test_a_ct_that_is_removed_during_the_run_is_said(scene, ready, slab):
    run = ready.start(slab, ready.read_models(MODELS), ["Liver"], "cpu")
    scene.RemoveNode(slab)
    wait(run)
    with pytest.raises(Problem, match="removed from the scene"):
        ready.finish(run).wait()


def test_expected_memory_is_told_before_the_run(ready, slab):
    expected = ready.expected_memory(slab, ready.read_models(MODELS))
    assert expected.host_bytes > 50_000_000 and expected.device_bytes == 0
