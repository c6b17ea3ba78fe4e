"""Metrics of two segmentations in the scene, and the table of them."""

import csv
import io

import numpy as np
import pytest
from conftest import shifted
from TMLILib import comparison, geometry, segmentation
from TMLILib.errors import Problem

import tmli


@pytest.fixture
def moved(scene, volume, child):
    return segmentation.add_segmentation(scene, volume, shifted(child.masks, 1), {}, "Moved")


def test_all_structures_are_compared_at_once_with_the_metrics_of_tmli(logic, truth, moved, volume, child):
    compared = logic.compare(truth, moved, volume).wait()
    rows = {row.structure: row for row in compared.rows}
    expected = tmli.compare(child.masks, shifted(child.masks, 1), child.ct.geometry)
    for metrics in expected:
        if metrics.undefined != "both_empty":
            row = rows[metrics.structure]
            assert row.values["DSC"] == metrics.dsc
            assert row.values["HD95 (mm)"] == metrics.hd95_mm
            assert row.accepted == (metrics.dsc > 0.7)
    assert rows["Liver"].accepted
    assert not rows["Lens_L"].accepted, "a lens of a few voxels, moved by one"


def test_an_rt_structure_set_is_a_reference_too(logic, volume, truth, child_folder):
    path = next(child_folder.rglob("rtstruct*.dcm"))
    rows = {row.structure: row for row in logic.compare(path, truth, volume).wait().rows}
    assert rows["Liver"].values["DSC"] == 1.0


def test_a_file_of_another_patient_is_no_reference(logic, volume, truth, tmp_path):
    tmli.write_phantom(tmp_path / "other", seed=5, matrix=128)
    with pytest.raises(tmli.TmliError, match=r"patient|frame of reference"):
        logic.compare(next((tmp_path / "other").rglob("rtstruct*.dcm")), truth, volume).wait()


def test_where_the_ct_came_from_nowhere_it_is_said_that_the_patient_was_not_checked(logic, scene, child, child_folder):
    volume = geometry.add_volume(scene, child.ct, "From nowhere")
    prediction = segmentation.add_segmentation(scene, volume, {"Liver": child.masks["Liver"]}, {}, "One")
    compared = logic.compare(next(child_folder.rglob("rtstruct*.dcm")), prediction, volume).wait()
    assert "Not checked that the file is of this patient" in compared.findings[0]


def test_what_is_odd_about_a_contour_is_said_with_roi_and_slice(logic, volume, truth, child_folder, tmp_path):
    data = next(child_folder.rglob("rtstruct*.dcm")).read_bytes()
    number = data.index(b"\\", data.index(b"CLOSED_PLANAR")) + 1
    odd = tmp_path / "odd.dcm"
    odd.write_bytes(data[:number] + b"NaN" + data[number + 3 :])
    findings = logic.compare(odd, truth, volume).wait().findings
    told = [words for words in findings if "ROI 1, contour 1: slice at " in words]
    assert any("not a finite number" in words for words in told), findings


def test_a_hospitals_own_names_are_understood(logic, scene, volume, truth, child):
    other = segmentation.add_segmentation(scene, volume, {"Leber": child.masks["Liver"]}, {}, "Clinic")
    (row,) = logic.compare(other, truth, volume).wait().rows
    assert (row.structure, row.values["DSC"]) == ("Liver", 1.0)


def test_what_is_only_on_one_side_is_said(logic, scene, volume, truth, child):
    other = segmentation.add_segmentation(scene, volume, {"Liver": child.masks["Liver"]}, {}, "One")
    assert "Brain" in logic.compare(truth, other, volume).wait().findings[0]


@pytest.mark.parametrize("choose", [lambda t: (t, t), lambda t: (None, t), lambda t: (t, None)])
def test_nothing_to_compare_is_said(logic, volume, truth, choose):
    with pytest.raises(Problem):
        logic.compare(*choose(truth), volume).wait()


def test_names_without_a_match_are_said(logic, scene, volume, truth, child):
    other = segmentation.add_segmentation(scene, volume, {"Thing": child.masks["Liver"]}, {}, "Thing")
    with pytest.raises(Problem, match="no structure in common"):
        logic.compare(truth, other, volume).wait()


@pytest.fixture
def table(logic, truth, moved, volume):
    compared = logic.compare(truth, moved, volume, profile="net").wait()
    return logic.show_comparison(compared)


def test_the_table_is_in_the_order_of_the_protocol_and_reads_back(table):
    names = [row.structure for row in comparison.rows_of(table)]
    order = [structure.name for structure in tmli.protocol().structures]
    assert names == sorted(names, key=order.index)
    assert table.GetAttribute("TMLI.Profile") == "net"


@pytest.mark.parametrize("title", ["DSC", "HD95 (mm)", "Structure"])
def test_the_table_sorts_by_a_column_both_ways(table, title):
    def values():
        rows = comparison.rows_of(table)
        order = [structure.name for structure in tmli.protocol().structures]
        return [order.index(row.structure) if title == "Structure" else row.values[title] for row in rows]

    comparison.sort_table(table, title)
    assert values() == sorted(values())
    comparison.sort_table(table, title, descending=True)
    assert values() == sorted(values(), reverse=True)


def test_what_has_no_value_is_sorted_last_and_shown_as_a_dash(scene):
    table = scene.AddNewNodeByClass("vtkMRMLTableNode")
    values = dict.fromkeys(comparison.NUMBERS, 1.0)
    rows = [
        comparison.Row("Brain", {**values, "DSC": np.nan}, False, "both empty"),
        comparison.Row("Liver", {**values, "DSC": 0.8}, True, ""),
        comparison.Row("Heart", {**values, "DSC": 0.9}, True, ""),
    ]
    comparison.fill_table(table, rows, "surfel")
    comparison.sort_table(table, "DSC", descending=True)
    assert [row.structure for row in comparison.rows_of(table)] == ["Heart", "Liver", "Brain"]
    assert comparison.cell_text(comparison.rows_of(table)[2], "DSC") == "–"


def test_each_remark_is_told_once_with_its_structures_in_the_order_of_the_protocol():
    values = dict.fromkeys(comparison.NUMBERS, 0.8)
    rows = [
        comparison.Row(name, values, True, remark)
        for name, remark in (("CTV2", "odd"), ("Liver", ""), ("Brain", "odd"), ("Heart", "missing"))
    ]
    assert comparison.remarks(rows) == ["Brain, CTV2: odd.", "Heart: missing."]


@pytest.mark.parametrize(("volume_ml", "words"), [(0.314, "0.31"), (34.96, "35.0"), (1308.4, "1308")])
def test_a_volume_is_shown_as_precise_as_its_size_asks(volume_ml, words):
    row = comparison.Row("Brain", {"Reference (ml)": volume_ml}, True, "")
    assert comparison.cell_text(row, "Reference (ml)") == words


def test_csv_holds_every_row_with_full_precision_and_the_profile(table, tmp_path):
    path = tmp_path / "metrics.csv"
    comparison.write_csv(table, path)
    read = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    rows = comparison.rows_of(table)
    assert [line["Structure"] for line in read] == [row.structure for row in rows]
    assert [float(line["DSC"]) for line in read] == [row.values["DSC"] for row in rows]
    assert {line["Profile"] for line in read} == {"net"}
    assert [entry.name for entry in tmp_path.glob("*.csv")] == ["metrics.csv"]


def test_a_table_of_something_else_is_refused(scene):
    with pytest.raises(Problem, match="no comparison"):
        comparison.rows_of(scene.AddNewNodeByClass("vtkMRMLTableNode"))
