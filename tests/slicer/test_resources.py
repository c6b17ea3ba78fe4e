"""Files that are made from something else fit it, and versions agree."""

import sys

import pytest
import resources
import slicer
from TMLILib import terminology
from TMLILib.version import VERSION

import tmli

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@pytest.mark.parametrize("path", resources.made_from(), ids=lambda path: path.name)
def test_a_made_file_is_up_to_date(path):
    assert path.read_text(encoding="utf-8") == resources.made_from()[path], "run python tests/slicer/resources.py"


def test_the_extension_installs_the_version_it_belongs_to():
    workspace = tomllib.loads((resources.ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]
    assert workspace["package"]["version"] == VERSION == tmli.__version__


def test_slicer_reads_the_terminology_and_knows_every_code_of_the_protocol(scene):
    logic = slicer.modules.terminologies.logic()
    terminology.load(logic)
    terminology.load(logic)  # a module may be reloaded
    for structure in tmli.protocol().structures:
        if structure.code is None:
            assert terminology.entry_of(structure) is None
            continue
        entry = slicer.vtkSlicerTerminologyEntry()
        assert logic.DeserializeTerminologyEntry(terminology.entry_of(structure), entry), structure.name
        # Looked up in what was loaded; a code that is not there fails.
        assert logic.UpdateEntryFromLoadedTerminologies(entry, [terminology.CONTEXT], []), structure.name
        assert entry.GetTerminologyContextName() == terminology.CONTEXT
        assert entry.GetTypeObject().GetCodeMeaning() == structure.code.meaning
