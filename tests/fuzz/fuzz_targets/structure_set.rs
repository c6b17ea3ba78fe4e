//! Any bytes as an RT Structure Set. What is read is rasterised and traced; the trace, written and read again, gives the
//! same mask. Then a ROI is added to the file, and the file with it can be read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tmli_core::{Mask, rasterise, trace};
use tmli_fuzz::{OneFile, ct, grid, only_uncaught_panics_count};
use tmli_io::{
    RoiGeneration, RoiToWrite, StructureSetOptions, edit_structure_set, read_structure_set, write_structure_set,
};

fn roi(name: &str, mask: &Mask, grid: &tmli_core::VolumeGeometry) -> RoiToWrite {
    RoiToWrite {
        name: name.to_owned(),
        interpreted_type: "ORGAN".to_owned(),
        colour: [255, 0, 0],
        code: None,
        contours: trace(mask, grid),
        generation: RoiGeneration::Automatic,
        generation_description: String::new(),
    }
}

fuzz_target!(init: only_uncaught_panics_count(), |data: &[u8]| {
    let Some(file) = OneFile::new("file", data) else { return };
    let (Ok(read), Some(grid)) = (read_structure_set(file.path()), grid()) else { return };
    let masks: Vec<Mask> = read.structure_set.rois.iter().map(|roi| rasterise(&roi.contours, &grid).mask).collect();
    let full: Vec<&Mask> = masks.iter().filter(|mask| !mask.is_empty()).take(4).collect();
    let rois: Vec<RoiToWrite> = full.iter().enumerate().map(|(n, mask)| roi(&format!("Roi {n}"), mask, &grid)).collect();
    let out = file.folder().join("written");
    if !rois.is_empty() {
        write_structure_set(&out, &ct(), &grid, &rois, &StructureSetOptions::default()).expect("what was traced is valid");
        let again = read_structure_set(&out).expect("what was written can be read");
        assert!(again.findings.is_empty(), "{:?}", again.findings);
        for (roi, mask) in again.structure_set.rois.iter().zip(full) {
            assert!(rasterise(&roi.contours, &grid).mask == *mask);
        }
    }
    let voxel = Mask::from_fn(grid.shape(), |at| at == [1, 2, 3]);
    if edit_structure_set(file.path(), &out, &ct(), &grid, &[roi("Voxel", &voxel, &grid)]).is_ok() {
        let edited = read_structure_set(&out).expect("a file with a ROI more can be read");
        let found = edited.structure_set.rois.iter().find(|roi| roi.name == "Voxel").expect("the ROI is there");
        assert!(rasterise(&found.contours, &grid).mask == voxel);
    }
});
