"""What a run computes on, in words, and the memory that belongs to it."""

import subprocess

import pytest
from TMLILib import devices
from TMLILib.devices import Automatic

CPU = Automatic("cpu", "CPU with 8 threads: there is no NVIDIA driver on this machine")
GPU = Automatic("cuda:0", "NVIDIA A100: it can be used")


@pytest.mark.parametrize(
    ("automatic", "choice", "device", "words"),
    [
        (CPU, "auto", "cpu", "there is no NVIDIA driver"),
        (CPU, "cpu", "cpu", "Computes on the CPU."),
        (CPU, "cuda", "cuda", "There is no GPU to compute on (CPU with 8 threads: there is no NVIDIA driver"),
        (GPU, "auto", "cuda", "Computes on NVIDIA A100"),
        (GPU, "cpu", "cpu", "There is a GPU that would be faster"),
        (GPU, "cuda", "cuda", "Computes on NVIDIA A100"),
    ],
)
def test_a_choice_is_told_with_its_reason(automatic, choice, device, words):
    assert automatic.taken_for(choice) == device
    assert words in automatic.in_words(choice)


def test_the_worker_answers(worker):
    said = subprocess.run(devices.question(worker), capture_output=True, text=True, check=True, timeout=60)
    automatic = devices.answer(said.stdout.splitlines())
    assert automatic.device.split(":")[0] in ("cpu", "cuda") and automatic.reason


@pytest.mark.parametrize("line", ["", "Segmentation fault", "[1, 2]", '{"device": "cpu"}'])
def test_other_words_are_no_answer(line):
    assert devices.answer([line]) is None
