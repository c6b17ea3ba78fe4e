//! What folders may hold, and what is said about them.
#![allow(clippy::unwrap_used)]

mod common;

use std::{fs, io, path::Path};

use ndarray::Array3;
use tmli_core::{PointLps, SpacingMm, Volume, VolumeGeometry};
use tmli_io::{
    CtAttributes, IoError, SeriesGeometryError, read_ct_folder, read_ct_series, scan_folder, write_atomically,
    write_ct_series,
};

fn write_series(dir: &Path, seed: u64, slices: usize) {
    let spacing = SpacingMm::new(5.0, 1.0, 1.0);
    let geometry = VolumeGeometry::axial([slices, 8, 6], PointLps::new(0.0, 0.0, -10.0), spacing).unwrap();
    let data = Array3::from_shape_fn((slices, 8, 6), |(k, j, i)| (k * 100 + j * 10 + i) as i16);
    let attributes = CtAttributes { seed, patient_name: "Secret^Name".into(), ..CtAttributes::default() };
    write_ct_series(dir, &Volume::new(geometry, data).unwrap(), &attributes).unwrap();
}

#[test]
fn an_empty_folder_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(scan_folder(dir.path()), Err(IoError::EmptyFolder)));
    fs::create_dir_all(dir.path().join("deeper/still")).unwrap();
    assert!(matches!(read_ct_folder(dir.path(), None), Err(IoError::EmptyFolder)));
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(scan_folder(&dir.path().join("absent")), Err(IoError::Folder { .. })));
}

#[test]
fn a_folder_without_ct_says_what_it_holds() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("notes.txt"), "Secret Name was here").unwrap();
    fs::write(dir.path().join("image.png"), [0x89, b'P', b'N', b'G']).unwrap();
    let error = read_ct_folder(dir.path(), None).unwrap_err();
    assert!(matches!(error, IoError::NoCt { .. }), "{error}");
    assert!(error.to_string().contains("2 file(s) that are no DICOM"), "{error}");
}

#[test]
fn slices_are_found_whatever_their_names_and_folders() {
    let dir = tempfile::tempdir().unwrap();
    write_series(&dir.path().join("source"), 1, 5);
    let nested = dir.path().join("a/b c/ü");
    fs::create_dir_all(&nested).unwrap();
    for (n, name) in [(1, "z"), (2, "Secret Name.ima"), (3, "a/0"), (4, "a/b c/1.2.3"), (5, "a/b c/ü/slice")] {
        fs::rename(dir.path().join(format!("source/{n:04}.dcm")), dir.path().join(name)).unwrap();
    }
    fs::write(dir.path().join("a/readme"), "text").unwrap();
    let scan = scan_folder(dir.path()).unwrap();
    assert_eq!((scan.ct_series.len(), scan.ct_series[0].files.len(), scan.not_dicom), (1, 5, 1));
    let ct = read_ct_series(&scan.ct_series[0]).unwrap();
    for k in 0..5 {
        assert_eq!(ct.volume.data()[[k, 0, 0]], k as i16 * 100, "slices are in order of their position");
    }
}

#[test]
fn two_series_in_one_folder_are_two() {
    let dir = tempfile::tempdir().unwrap();
    write_series(&dir.path().join("one"), 1, 4);
    write_series(&dir.path().join("two"), 2, 3);
    let error = read_ct_folder(dir.path(), None).unwrap_err();
    let IoError::SeveralSeries { series } = &error else { panic!("{error}") };
    assert_eq!(series.len(), 2);
    let text = error.to_string();
    assert!(text.contains("1: CT, ") && text.contains("2: CT, "), "{text}");
    assert!(!text.contains("Secret"), "{text}");
    let shapes: Vec<usize> =
        ["1", "2"].iter().map(|n| read_ct_folder(dir.path(), Some(n)).unwrap().volume.data().dim().0).collect();
    assert_eq!(shapes.iter().sum::<usize>(), 7);
}

#[test]
fn a_slice_taken_away_is_missed() {
    let dir = tempfile::tempdir().unwrap();
    write_series(dir.path(), 1, 6);
    fs::remove_file(dir.path().join("0003.dcm")).unwrap();
    let error = read_ct_folder(dir.path(), None).unwrap_err();
    let IoError::Geometry(SeriesGeometryError::MissingSlices { below_mm, above_mm, count, .. }) = error else {
        panic!("{error}");
    };
    assert_eq!((below_mm, above_mm, count), (-5.0, 5.0, 1));
}

#[test]
fn a_slice_copied_is_a_duplicate() {
    let dir = tempfile::tempdir().unwrap();
    write_series(dir.path(), 1, 6);
    fs::copy(dir.path().join("0003.dcm"), dir.path().join("copy of 3")).unwrap();
    let error = read_ct_folder(dir.path(), None).unwrap_err();
    let IoError::Geometry(SeriesGeometryError::DuplicatePositions { position_mm, count: 2, .. }) = error else {
        panic!("{error}");
    };
    assert_eq!(position_mm, 0.0);
}

#[test]
fn errors_name_neither_patient_nor_path() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("Secret Name");
    write_series(&folder, 1, 4);
    let file = folder.join("0002.dcm");
    let bytes = fs::read(&file).unwrap();
    for length in [300, 700, bytes.len() - 20] {
        fs::write(&file, &bytes[..length]).unwrap();
        let error = read_ct_folder(dir.path(), None).unwrap_err();
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(!text.contains("Secret") && !text.contains("PHANTOM"), "{text}");
        }
    }
}

#[test]
fn a_failed_write_leaves_the_old_file_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("result.dcm");
    write_atomically(&path, "the result", |file| file.write_all(b"old")).unwrap();
    let error = write_atomically(&path, "the result", |file| {
        file.write_all(&[0; 3_000_000])?;
        Err::<(), _>(io::Error::from(io::ErrorKind::StorageFull))
    })
    .unwrap_err();
    let IoError::DiskFull { needed_bytes, .. } = error else { panic!("{error}") };
    assert!(needed_bytes >= 3_000_000, "{needed_bytes}");
    assert!(error.to_string().contains("free some space"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(common::files(dir.path()), [path]);
}

#[test]
fn writing_into_a_folder_that_is_not_there_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("absent/result.dcm");
    let error = write_atomically(&path, "the result", |file| file.write_all(b"new")).unwrap_err();
    assert!(matches!(error, IoError::Write { .. }), "{error}");
    assert!(!error.to_string().contains("absent"), "{error}");
}
