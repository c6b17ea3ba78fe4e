"""The peers of `cargo xtask bench --compare dicom`, each on the patient that `dicom_bench make` left in FOLDER.

    bench_dicom.py FOLDER TOOL WHAT [PLASTIMATCH]      prints one JSON object: seconds, peak memory, exact structures

WHAT is `ct`, `read`, `write`, `seg-read` or `seg-write`. What a tool doesn't do prints nothing. Masks are loaded and results
are compared with the true masks outside of the time; what is inside is what a user of the tool would call.
"""

import json
import pathlib
import resource
import shutil
import subprocess
import sys
import time
import warnings

import numpy as np

warnings.simplefilter("ignore")


class Patient:
    def __init__(self, folder: pathlib.Path) -> None:
        info = json.loads((folder / "info.json").read_text())
        self.folder, self.ct, self.structure_set = folder, folder / "ct", folder / "rtstruct.dcm"
        self.shape, self.names, self.sum_of_hu = info["shape"], info["names"], info["sum_of_hu"]

    def mask(self, name: str) -> np.ndarray:
        """[k, j, i]"""
        bits = np.fromfile(self.folder / f"{name}.bits", np.uint8)
        return np.unpackbits(bits, bitorder="little").reshape(self.shape).view(bool)

    def masks(self) -> dict[str, np.ndarray]:
        return {name: self.mask(name) for name in self.names}

    def compared(self, found) -> str:
        """`found(name)` gives a mask [k, j, i] or None."""
        exact, worst = 0, (2.0, "")
        for name in self.names:
            truth, mask = self.mask(name), found(name)
            mask = np.zeros_like(truth) if mask is None else np.asarray(mask) > 0
            exact += np.array_equal(truth, mask)
            dsc = 2 * np.count_nonzero(truth & mask) / (np.count_nonzero(truth) + np.count_nonzero(mask))
            worst = min(worst, (dsc, name))
        count = f"{exact} of {len(self.names)}"
        return count if exact == len(self.names) else f"{count}, {worst[1]} DSC {worst[0]:.3f}"

    def voxels(self, total: int) -> str:
        return "all voxels" if int(total) == self.sum_of_hu else "other voxels"


def nifti(path: pathlib.Path) -> np.ndarray | None:
    """A mask that a tool wrote, on the grid of the CT, as [k, j, i]; None where it wrote none."""
    import SimpleITK as sitk

    return sitk.GetArrayFromImage(sitk.ReadImage(str(path))) if path.exists() else None


# Each tool's function does the timed work and returns a function that tells how exact it was, not timed.


def pydicom_ct(patient: Patient, _):
    import pydicom

    files = [pydicom.dcmread(path) for path in patient.ct.iterdir()]
    files.sort(key=lambda file: file.ImagePositionPatient[2])
    voxels = [file.pixel_array * file.RescaleSlope + file.RescaleIntercept for file in files]
    volume = np.stack(voxels).astype(np.int16)
    return lambda: patient.voxels(volume.sum(dtype=np.int64))


def pydicom_read(patient: Patient, _):
    """Points only: pydicom makes no masks."""
    import pydicom

    file = pydicom.dcmread(patient.structure_set)
    points = [np.array(contour.ContourData, float) for roi in file.ROIContourSequence for contour in roi.ContourSequence]
    return lambda: f"points only ({sum(map(len, points)) // 3})"


def simpleitk_ct(patient: Patient, _):
    import SimpleITK as sitk

    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(patient.ct)))
    image = reader.Execute()
    return lambda: patient.voxels(sitk.GetArrayViewFromImage(image).sum(dtype=np.int64))


def rt_utils_read(patient: Patient, _):
    from rt_utils import RTStructBuilder

    struct = RTStructBuilder.create_from(str(patient.ct), str(patient.structure_set))
    masks = {name: struct.get_roi_mask_by_name(name) for name in struct.get_roi_names()}
    # [j, i, k], slices in the order of ImagePositionPatient.
    return lambda: patient.compared(lambda name: np.moveaxis(masks[name], 2, 0))


def rt_utils_write(patient: Patient, masks):
    from rt_utils import RTStructBuilder

    struct = RTStructBuilder.create_new(str(patient.ct))
    for name, mask in masks.items():
        struct.add_roi(mask=np.moveaxis(mask, 0, 2), name=name)
    struct.save(str(patient.folder / "rt-utils.dcm"))
    return lambda: patient.folder / "rt-utils.dcm"


def dcmrtstruct2nii_read(patient: Patient, _):
    import pydicom

    # The tool still calls it by the name that it had before pydicom 3.
    pydicom.read_file = pydicom.dcmread
    from dcmrtstruct2nii import dcmrtstruct2nii

    out = patient.folder / "dcmrtstruct2nii"
    shutil.rmtree(out, ignore_errors=True)
    dcmrtstruct2nii(str(patient.structure_set), str(patient.ct), str(out), gzip=False, convert_original_dicom=False)
    return lambda: patient.compared(lambda name: nifti(out / f"mask_{name}.nii"))


def plastimatch_ct(patient: Patient, _, program: str):
    words = [program, "convert", "--input", patient.ct, "--output-img", patient.folder / "plm.mha"]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return lambda: patient.voxels(nifti(patient.folder / "plm.mha").sum(dtype=np.int64))


def plastimatch_read(patient: Patient, _, program: str, *options: str):
    out = patient.folder / "plastimatch"
    shutil.rmtree(out, ignore_errors=True)
    words = [program, "convert", "--input", patient.structure_set, "--referenced-ct", patient.ct, *options]
    words += ["--output-prefix", out, "--prefix-format", "nii"]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return lambda: patient.compared(lambda name: nifti(out / f"{name}.nii"))


def plastimatch_xor_read(patient: Patient, _, program: str):
    return plastimatch_read(patient, None, program, "--xor-contours")


def plastimatch_write(patient: Patient, _, program: str):
    out = patient.folder / "plastimatch-dicom"
    shutil.rmtree(out, ignore_errors=True)
    words = [program, "convert", "--input-prefix", patient.folder / "masks", "--referenced-ct", patient.ct]
    subprocess.run([*words, "--output-dicom", out], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return lambda: next(out.glob("rtss_*"))


def highdicom_seg_read(patient: Patient, _):
    import highdicom

    seg = highdicom.seg.segread(patient.folder / "seg.dcm")
    names = {segment.SegmentLabel: segment.SegmentNumber for segment in seg.SegmentSequence}
    volumes = {name: seg.get_volume(segment_numbers=[number], combine_segments=True) for name, number in names.items()}

    def found(name):
        # Only the slices that have a frame, in an order of their own.
        mask = np.zeros(patient.shape, bool)
        lowest, highest = patient_slices(patient)
        for k, slice_ in enumerate(volumes[name].array):
            z = volumes[name].affine[2] @ [k, 0, 0, 1]
            mask[round((z - lowest) / (highest - lowest) * (patient.shape[0] - 1))] = slice_
        return mask

    return lambda: patient.compared(found)


def patient_slices(patient: Patient) -> tuple[float, float]:
    import pydicom

    tag = "ImagePositionPatient"
    places = [pydicom.dcmread(path, specific_tags=[tag])[tag].value[2] for path in patient.ct.iterdir()]
    return min(places), max(places)


def highdicom_seg_write(patient: Patient, masks):
    import highdicom
    import pydicom
    from pydicom.sr.codedict import codes

    files = [pydicom.dcmread(path) for path in patient.ct.iterdir()]
    files.sort(key=lambda file: file.ImagePositionPatient[2])
    algorithm = highdicom.AlgorithmIdentificationSequence("bench", codes.DCM.ArtificialIntelligence, "1")
    kind = highdicom.seg.SegmentAlgorithmTypeValues.AUTOMATIC
    describe = highdicom.seg.SegmentDescription
    described = [
        describe(n + 1, name, codes.SCT.Organ, codes.SCT.Organ, kind, algorithm_identification=algorithm)
        for n, name in enumerate(masks)
    ]
    pixels = np.stack(list(masks.values()), axis=-1)
    seg = highdicom.seg.Segmentation(
        files, pixels, "BINARY", described, highdicom.UID(), 1, highdicom.UID(), 1, "bench", "bench", "1", "1"
    )
    seg.save_as(patient.folder / "highdicom.dcm")
    return lambda: "-"


TOOLS = {
    ("pydicom", "ct"): pydicom_ct,
    ("pydicom", "read"): pydicom_read,
    ("SimpleITK", "ct"): simpleitk_ct,
    ("rt-utils", "read"): rt_utils_read,
    ("rt-utils", "write"): rt_utils_write,
    ("dcmrtstruct2nii", "read"): dcmrtstruct2nii_read,
    ("plastimatch", "ct"): plastimatch_ct,
    ("plastimatch", "read"): plastimatch_read,
    ("plastimatch", "write"): plastimatch_write,
    ("plastimatch --xor-contours", "read"): plastimatch_xor_read,
    ("highdicom", "seg-read"): highdicom_seg_read,
    ("highdicom", "seg-write"): highdicom_seg_write,
}


def cpu_and_peak(who: int) -> tuple[float, float]:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    folder, tool, what, *program = sys.argv[1:]
    work, patient = TOOLS[tool, what], Patient(pathlib.Path(folder))
    inside = tool.startswith("plastimatch")
    masks = patient.masks() if what.endswith("write") and not inside else None
    who = resource.RUSAGE_CHILDREN if inside else resource.RUSAGE_SELF
    cpu, start = cpu_and_peak(who)[0], time.perf_counter()
    exact = work(patient, masks, *program)
    wall = time.perf_counter() - start
    used, peak = cpu_and_peak(who)
    told = exact()
    result = {"wall_s": wall, "cpu_s": used - cpu, "peak_mib": peak}
    # A file that was written is judged by who calls this.
    result |= {"written": str(told)} if isinstance(told, pathlib.Path) else {"exact": told}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
