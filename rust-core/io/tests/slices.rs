//! What single slices may say of their voxels and of their place, in series made here byte by byte.
#![allow(clippy::unwrap_used)]

mod common;

use std::{fs, path::Path};

use common::builder::{EXPLICIT, ct_image, element};
use ndarray::Array3;
use tmli_core::{Mask, PointLps, SpacingMm, Volume, VolumeGeometry, rasterise, trace};
use tmli_io::{CtAttributes, CtSeries, read_ct_folder, read_ct_series, scan_folder, write_ct_series};

/// How the four cells of a slice are stored.
struct Stored<'a> {
    bits: u16,
    signed: bool,
    rescale: Option<[&'a str; 2]>,
    /// PixelPaddingValue and PixelPaddingRangeLimit.
    padding: Vec<i16>,
    cells: [u16; 4],
}

impl Stored<'_> {
    /// A slice of one row at this height in mm.
    fn slice(&self, z: &str) -> Vec<u8> {
        let us = |tag, value: u16| element(tag, b"US", &value.to_le_bytes());
        let mut data = [us(0x0028_0102, self.bits - 1), us(0x0028_0103, u16::from(self.signed))].concat();
        for (tag, value) in [0x0028_0120, 0x0028_0121].into_iter().zip(&self.padding) {
            data.extend(element(tag, if self.signed { b"SS" } else { b"US" }, &value.to_le_bytes()));
        }
        if let Some([slope, intercept]) = self.rescale {
            data.extend(element(0x0028_1052, b"DS", intercept.as_bytes()));
            data.extend(element(0x0028_1053, b"DS", slope.as_bytes()));
        }
        data.extend(element(0x7FE0_0010, b"OW", &self.cells.map(u16::to_le_bytes).concat()));
        ct_image(EXPLICIT, [1, 4], self.bits, z, &data)
    }
}

/// 16-bit cells as they are.
fn plain(cells: [u16; 4]) -> Stored<'static> {
    Stored { bits: 16, signed: false, rescale: Some(["1", "0"]), padding: Vec::new(), cells }
}

/// Slices 5 mm apart.
fn series(slices: &[Stored<'_>]) -> CtSeries {
    let dir = tempfile::tempdir().unwrap();
    for (n, slice) in slices.iter().enumerate() {
        fs::write(dir.path().join(n.to_string()), slice.slice(&(5 * n).to_string())).unwrap();
    }
    read_ct_folder(dir.path(), None).unwrap()
}

fn hounsfield(ct: &CtSeries) -> Vec<Vec<i16>> {
    ct.volume.data().outer_iter().map(|slice| slice.iter().copied().collect()).collect()
}

fn said(ct: &CtSeries, words: &str) -> bool {
    ct.findings.iter().any(|finding| finding.to_string().contains(words))
}

#[test]
fn every_slice_has_its_own_rescale() {
    let cells = [0, 1, 100, 4095];
    let rescaled = |rescale| Stored { rescale, ..plain(cells) };
    let ct = series(&[rescaled(Some(["1", "-1024"])), rescaled(Some(["0.5", "-1000"])), rescaled(None)]);
    assert_eq!(hounsfield(&ct), [[-1024, -1023, -924, 3071], [-1000, -1000, -950, 1048], [0, 1, 100, 4095]]);
    assert!(said(&ct, "slice at 10.00 mm: no RescaleSlope and RescaleIntercept"), "{:?}", ct.findings);
}

#[test]
fn twelve_signed_bits_in_sixteen_keep_their_sign_whatever_lies_above_them() {
    let twelve = |cells| Stored { bits: 12, signed: true, ..plain(cells) };
    let ct = series(&[twelve([0x0FFF, 0x0800, 0x07FF, 0]), twelve([0x3FFF, 0xA800, 0xF7FF, 0xF000])]);
    assert_eq!(hounsfield(&ct), [[-1, -2048, 2047, 0]; 2]);
}

#[test]
fn padding_becomes_air_and_tissue_is_not_taken_for_padding() {
    let padded = |padding: &[i16], cells: [i16; 4]| Stored {
        signed: true,
        rescale: Some(["1", "-1024"]),
        padding: padding.to_vec(),
        ..plain(cells.map(|cell| cell as u16))
    };
    let ct = series(&[
        padded(&[-2000], [-2000, -1999, 0, 1000]),
        padded(&[-2000, -1990], [-2000, -1991, -1989, 1000]),
        // The value would stand for 0 HU, which is water.
        padded(&[1024], [1024, 1024, 0, 1000]),
    ]);
    assert_eq!(hounsfield(&ct), [[-1024, -3023, -1024, -24], [-1024, -1024, -3013, -24], [0, 0, -1024, -24]]);
    assert!(said(&ct, "slice at 10.00 mm: PixelPaddingValue stands for 0 HU"), "{:?}", ct.findings);
}

const SIZE: usize = 12;

/// One head, scanned in a position: rows and columns run as the scanner has them, the points of the patient stay.
fn scanned(dir: &Path, seed: u64, position: &str, row: [f64; 3], column: [f64; 3]) {
    let normal = [0, 1, 2].map(|x| {
        let (y, z) = ((x + 1) % 3, (x + 2) % 3);
        row[y] * column[z] - row[z] * column[y]
    });
    // Every scan has the same corners: -55 to 55 mm.
    let origin = PointLps([0, 1, 2].map(|x| -55.0 * (row[x] + column[x] + normal[x])));
    let spacing = SpacingMm::new(10.0, 10.0, 10.0);
    let geometry = VolumeGeometry::new([SIZE; 3], origin, spacing, [normal, column, row]).unwrap();
    let data = Array3::from_shape_fn((SIZE, SIZE, SIZE), |(k, j, i)| head(centre(&geometry, [k, j, i])));
    let attributes = CtAttributes { seed, patient_position: position.into(), ..CtAttributes::default() };
    write_ct_series(dir, &Volume::new(geometry, data).unwrap(), &attributes).unwrap();
}

fn centre(geometry: &VolumeGeometry, at: [usize; 3]) -> [f64; 3] {
    geometry.point_from_index(at.map(|n| n as f64)).0.map(f64::round)
}

/// HU that no mirroring and no turning leaves as they are.
fn head([x, y, z]: [f64; 3]) -> i16 {
    (x + 2.0 * y + 4.0 * z) as i16
}

/// A part of the head on the left, in front, at the top.
fn organ(geometry: &VolumeGeometry) -> Mask {
    Mask::from_fn([SIZE; 3], |at| {
        let [x, y, z] = centre(geometry, at);
        x > 0.0 && y < -10.0 && z > 20.0 && x - y < 80.0
    })
}

#[test]
fn head_first_and_feet_first_supine_and_prone_are_one_body_and_four_series() {
    let dir = tempfile::tempdir().unwrap();
    let (left, right) = ([1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]);
    let (back, front) = ([0.0, 1.0, 0.0], [0.0, -1.0, 0.0]);
    let positions = [("HFS", left, back), ("HFP", right, front), ("FFS", right, back), ("FFP", left, front)];
    for (seed, (position, row, column)) in (1..).zip(positions) {
        scanned(&dir.path().join(position), seed, position, row, column);
    }
    let scan = scan_folder(dir.path()).unwrap();
    let series: Vec<CtSeries> = scan.ct_series.iter().map(|entry| read_ct_series(entry).unwrap()).collect();
    let mut found: Vec<&str> = series.iter().map(|ct| ct.identity.patient_position.as_str()).collect();
    found.sort_unstable();
    assert_eq!(found, ["FFP", "FFS", "HFP", "HFS"], "kept apart");
    for ct in &series {
        let (position, geometry) = (&ct.identity.patient_position, ct.volume.geometry());
        for ((k, j, i), &hu) in ct.volume.data().indexed_iter() {
            assert_eq!(hu, head(centre(geometry, [k, j, i])), "{position} [{k}, {j}, {i}]");
        }
        // What is drawn on one scan is the same part of the body on every other.
        let contours = trace(&organ(geometry), geometry);
        for other in &series {
            let found = rasterise(&contours, other.volume.geometry());
            assert!(found.findings.is_empty(), "{:?}", found.findings);
            assert!(found.mask == organ(other.volume.geometry()), "{position} on {}", other.identity.patient_position);
        }
    }
}
