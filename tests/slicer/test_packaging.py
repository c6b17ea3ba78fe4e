"""The extension configured by CMake against a Slicer that only writes down what it is given."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import EXTENSION, ROOT

FIND_SLICER = """
set(Slicer_USE_FILE "${CMAKE_CURRENT_LIST_DIR}/UseSlicer.cmake")
set(Slicer_EXTENSION_GENERATE_CONFIG "${CMAKE_CURRENT_LIST_DIR}/Nothing.cmake")
set(Slicer_EXTENSION_CPACK "${CMAKE_CURRENT_LIST_DIR}/Cpack.cmake")
"""
USE_SLICER = """
function(slicerMacroBuildScriptedModule)
  cmake_parse_arguments(MODULE "WITH_GENERIC_TESTS" "NAME" "SCRIPTS;RESOURCES" ${ARGN})
  if(MODULE_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "not an argument: ${MODULE_UNPARSED_ARGUMENTS}")
  endif()
  foreach(file IN LISTS MODULE_SCRIPTS MODULE_RESOURCES)
    if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
      message(FATAL_ERROR "${MODULE_NAME} names ${file}, which is not there")
    endif()
    file(APPEND "${CMAKE_BINARY_DIR}/packed.txt" "${MODULE_NAME}/${file}\\n")
  endforeach()
endfunction()
function(slicer_add_python_unittest)
endfunction()
"""
CPACK = """
file(WRITE "${CMAKE_BINARY_DIR}/extension.txt"
  "${PROJECT_NAME}\\n${EXTENSION_CATEGORY}\\n${EXTENSION_ICONURL}\\n${EXTENSION_SCREENSHOTURLS}\\n${EXTENSION_DESCRIPTION}")
"""


@pytest.fixture(scope="module", params=[ROOT, EXTENSION], ids=["repository", "extension"])
def build(request, tmp_path_factory) -> Path:
    """The folder of a configuration that went well: of the repository, as the Extensions Index does it, and of the
    extension alone."""
    slicer = tmp_path_factory.mktemp("slicer")
    for name, text in (
        ("SlicerConfig.cmake", FIND_SLICER),
        ("UseSlicer.cmake", USE_SLICER),
        ("Nothing.cmake", ""),
        ("Cpack.cmake", CPACK),
    ):
        (slicer / name).write_text(text)
    build = tmp_path_factory.mktemp("build")
    cmake, ninja = (Path(sys.executable).with_name(name) for name in ("cmake", "ninja"))
    command = [cmake, "-S", request.param, "-B", build, f"-DSlicer_DIR={slicer}", "-DBUILD_TESTING=ON"]
    # A machine with a compiler may have no make.
    command += ["-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={ninja}", "-DCMAKE_SUPPRESS_DEVELOPER_WARNINGS=ON"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return build


def test_every_file_of_the_modules_is_packed(build):
    packed = set((build / "packed.txt").read_text().split())
    there = {
        str(path.relative_to(EXTENSION))
        for module in ("TMLI", "SegmentEditorTMLI")
        for path in (EXTENSION / module).rglob("*")
        if path.is_file() and path.name != "CMakeLists.txt" and "__pycache__" not in path.parts
    }
    assert packed == there


def test_the_index_finds_what_it_asks_for(build):
    name, category, icon, screenshots, description = (build / "extension.txt").read_text().split("\n")
    entry = json.loads((EXTENSION / f"{name}.json").read_text())
    assert entry["category"] == category and entry["scm_url"].endswith(f"/{name}.git")
    for url in [icon, *screenshots.split()]:
        path = re.fullmatch(r"https://raw\.githubusercontent\.com/[^/]+/[^/]+/main/slicer-extension/(.+)", url)
        assert path and (EXTENSION / path[1]).is_file(), url
    assert len(description) > 50


def test_nothing_that_slicer_lacks_is_imported_when_a_module_loads():
    # Slicer's Python, with tmli and everything of the tests blocked.
    blocked = "tmli", "pydicom", "pytest", "torch", "pandas", "scipy", "SimpleITK"
    code = f"""
import sys
for name in {blocked!r}:
    sys.modules[name] = None
sys.path[:0] = [{str(EXTENSION / "TMLI")!r}, {str(EXTENSION / "SegmentEditorTMLI" / "SegmentEditorTMLILib")!r},
                {str(EXTENSION / "SegmentEditorTMLI")!r}, {str(Path(__file__).parent)!r}]
from standin import application
application.install()
import TMLI, SegmentEditorTMLI, TMLIRefineEffect
assert sys.modules["tmli"] is None
print("loaded")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip().endswith("loaded"), done.stderr
