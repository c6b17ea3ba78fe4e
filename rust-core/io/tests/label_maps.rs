//! NIfTI and NRRD: what is written is read back as it was, by us and by SimpleITK.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod common;

use tmli_core::{Mask, PointLps, Segment, Segmentation, SpacingMm, VolumeGeometry};
use tmli_io::{IoError, read_label_map, read_nrrd, write_label_map, write_seg_nrrd};

const SHAPE: [usize; 3] = [4, 11, 70];

/// An axial grid, and a feet-first one with oblique rows.
fn grids() -> [VolumeGeometry; 2] {
    let (sin, cos) = 0.3_f64.sin_cos();
    let axes = [[0.0, 0.0, -1.0], [sin, -cos, 0.0], [cos, sin, 0.0]];
    let (origin, spacing) = (PointLps::new(-20.5, -18.25, -402.5), SpacingMm::new(5.0, 1.25, 0.5));
    [VolumeGeometry::axial(SHAPE, origin, spacing).unwrap(), VolumeGeometry::new(SHAPE, origin, spacing, axes).unwrap()]
}

fn segmentation(geometry: &VolumeGeometry) -> Segmentation {
    let a = Mask::from_fn(SHAPE, |[k, j, i]| k > 0 && j > 2 && i < 66 && (i + j) % 3 != 0);
    let b = Mask::from_fn(SHAPE, |[k, j, i]| k < 2 && j < 7 && i > 60);
    let segments = vec![Segment { name: "A".into(), mask: a }, Segment { name: "B".into(), mask: b }];
    Segmentation { geometry: geometry.clone(), segments }
}

#[test]
fn a_label_map_comes_back_but_for_overlaps() {
    for geometry in grids() {
        let temp = tempfile::tempdir().unwrap();
        let expected = segmentation(&geometry);
        for name in ["a.nii", "a.nii.gz"] {
            let path = temp.path().join(name);
            let overlaps = write_label_map(&path, &expected).unwrap();
            let [a, b] = [&expected.segments[0].mask, &expected.segments[1].mask];
            assert_eq!(overlaps, a.count_and(b));
            assert!(overlaps > 0);
            let labels = read_label_map(&path, &geometry).unwrap();
            let wanted = |at| if b.get(at) { 2 } else { u32::from(a.get(at)) };
            assert!(labels.indexed_iter().all(|((k, j, i), &label)| label == wanted([k, j, i])), "{name}");
        }
    }
}

#[test]
fn a_seg_nrrd_keeps_overlaps() {
    for geometry in grids() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("a.seg.nrrd");
        let expected = segmentation(&geometry);
        write_seg_nrrd(&path, &expected, &[[255, 0, 0], [0, 255, 0]]).unwrap();
        assert!(read_nrrd(&path, &geometry).unwrap() == expected);
        let moved = VolumeGeometry::new(SHAPE, PointLps::new(0.0, 0.0, 0.0), geometry.spacing_mm(), geometry.axes());
        assert!(matches!(read_nrrd(&path, &moved.unwrap()).unwrap_err(), IoError::LabelGrid { .. }));
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 40]).unwrap();
        assert!(matches!(read_nrrd(&path, &geometry).unwrap_err(), IoError::LabelMap { .. }));
    }
}

#[test]
fn simple_itk_finds_the_voxels_where_they_are() {
    const SCRIPT: &str = r#"
import sys, SimpleITK as sitk
nii = sitk.ReadImage(sys.argv[1])
seg = sitk.ReadImage(sys.argv[2])
point = tuple(float(x) for x in sys.argv[3:6])
index = nii.TransformPhysicalPointToIndex(point)
print(index, nii[index], seg.GetNumberOfComponentsPerPixel(), seg[index][0], seg[index][1],
      int((sitk.GetArrayFromImage(seg)[..., 0]).sum()))
"#;
    for geometry in grids() {
        let temp = tempfile::tempdir().unwrap();
        let (nii, seg) = (temp.path().join("a.nii.gz"), temp.path().join("a.seg.nrrd"));
        let expected = segmentation(&geometry);
        write_label_map(&nii, &expected).unwrap();
        write_seg_nrrd(&seg, &expected, &[]).unwrap();
        let at = [1, 5, 65];
        let [x, y, z] = geometry.point_from_index(at.map(|n| n as f64)).0.map(|x| x.to_string());
        let Some(mut command) = common::oracles::peers() else { return };
        command.args(["-c", SCRIPT]).arg(&nii).arg(&seg).args([x, y, z]);
        let (ok, text) = common::oracles::output(&mut command);
        assert!(ok, "{text}");
        let [a, b] = [&expected.segments[0].mask, &expected.segments[1].mask];
        let (a_here, b_here) = (u8::from(a.get(at)), u8::from(b.get(at)));
        assert_eq!(text.trim(), format!("(65, 5, 1) 2 2 {a_here} {b_here} {}", a.count()));
    }
}
