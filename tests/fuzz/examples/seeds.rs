//! Makes the files that fuzzing starts from: `seeds CORPUS [FOLDER]`.
//!
//! For each target a folder in CORPUS: small files of our own making, and the small files of FOLDER (public data that lies
//! beside the repository and is never part of it).

use std::{
    error::Error,
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use ndarray::Array3;
use tmli_core::{Holes, Mask, Segment, Segmentation, TraceOptions, Volume, VolumeGeometry, trace_with};
use tmli_fuzz::{ct, grid};
use tmli_io::{
    CtAttributes, RoiGeneration, RoiToWrite, SegmentToWrite, StructureSetOptions, write_ct_series, write_label_map,
    write_seg_nrrd, write_segmentation, write_structure_set,
};

/// Larger files teach the fuzzer slowly.
const LARGEST: u64 = 1 << 16;

/// Of one folder: the slices of a series are much alike, single images of all kinds are not that many.
const MOST_SLICES: usize = 40;

type Done = Result<(), Box<dyn Error>>;

fn main() -> Done {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let corpus = arguments.next().ok_or("which folder shall the seeds go to?")?;
    for target in ["preflight", "ct", "structure_set", "segmentation", "nifti", "nrrd", "trace", "metrics"] {
        fs::create_dir_all(corpus.join(target))?;
    }
    own(&corpus)?;
    arguments.next().map_or(Ok(()), |folder| real(&corpus, &folder))
}

/// A ring with an island in it, and a checkerboard: holes, diagonal contacts, the border.
fn masks(grid: &VolumeGeometry) -> [Mask; 2] {
    let ring = Mask::from_fn(grid.shape(), |[_, j, i]| {
        let far = j.abs_diff(8).max(i.abs_diff(8));
        (3..6).contains(&far) || far < 2
    });
    [ring, Mask::from_fn(grid.shape(), |[k, j, i]| k == 2 && (i + j) % 2 == 0 && j < 4)]
}

fn own(corpus: &Path) -> Done {
    let scratch = tempfile::tempdir()?;
    let grid = grid().ok_or("the grid is impossible")?;
    let put = |target: &str, name: &str, bytes: &[u8]| fs::write(corpus.join(target).join(name), bytes);

    let [j, i] = [16, 16];
    let data = Array3::from_shape_fn((4, j, i), |(k, j, i)| (100 * k + 10 * j + i) as i16 - 1000);
    write_ct_series(&scratch.path().join("ct"), &Volume::new(grid.clone(), data)?, &CtAttributes::default())?;
    let slice = fs::read(scratch.path().join("ct/0002.dcm"))?;
    put("ct", "own", &slice)?;
    put("preflight", "own-ct", &slice)?;
    let enhanced = enhanced_ct();
    put("ct", "own-enhanced", &enhanced)?;
    put("preflight", "own-enhanced", &enhanced)?;

    let masks = masks(&grid);
    let segments = masks.iter().enumerate().map(|(n, mask)| Segment { name: format!("Part {n}"), mask: mask.clone() });
    let segmentation = Segmentation { geometry: grid.clone(), segments: segments.collect() };
    for (name, holes) in [("loops", Holes::Loops), ("xor", Holes::Xor), ("keyhole", Holes::Keyhole)] {
        let rois: Vec<RoiToWrite> = segmentation.segments.iter().map(|segment| roi(segment, &grid, holes)).collect();
        let path = scratch.path().join("set");
        write_structure_set(&path, &ct(), &grid, &rois, &StructureSetOptions::default())?;
        put("structure_set", name, &fs::read(&path)?)?;
        put("preflight", name, &fs::read(&path)?)?;
    }

    let path = scratch.path().join("seg.dcm");
    let described: Vec<SegmentToWrite> = segmentation.segments.iter().map(described).collect();
    write_segmentation(&path, &ct(), &grid, &described, &StructureSetOptions::default())?;
    put("segmentation", "own", &fs::read(&path)?)?;
    put("preflight", "own-segmentation", &fs::read(&path)?)?;

    for name in ["a.nii", "a.nii.gz"] {
        write_label_map(&scratch.path().join(name), &segmentation)?;
        put("nifti", name, &fs::read(scratch.path().join(name))?)?;
    }
    let path = scratch.path().join("a.seg.nrrd");
    write_seg_nrrd(&path, &segmentation, &[])?;
    put("nrrd", "gzip", &fs::read(&path)?)?;
    put("nrrd", "raw", &raw_nrrd(&fs::read(&path)?).ok_or("a seg.nrrd has a header")?)?;

    put("trace", "ring", &bits(&masks[0]))?;
    put("trace", "checkerboard", &bits(&masks[1]))?;
    put("trace", "comb", &[0b0101_0101; 128])?;
    // Spacing 5 x 1 x 1 mm, then labels.
    put("metrics", "stripes", &[[244, 1, 100, 0, 100, 0, 0, 94].as_slice(), &[0b1110_0100; 840]].concat())?;
    Ok(())
}

/// Element by element, in Explicit VR Little Endian.
fn element(tag: u32, vr: &[u8; 2], value: &[u8]) -> Vec<u8> {
    let length = value.len() + value.len() % 2;
    let mut out = [((tag >> 16) as u16).to_le_bytes(), (tag as u16).to_le_bytes()].concat();
    out.extend(vr);
    match vr {
        b"OW" | b"SQ" => out.extend([&[0; 2], (length as u32).to_le_bytes().as_slice()].concat()),
        _ => out.extend((length as u16).to_le_bytes()),
    }
    out.extend(value);
    out.resize(out.len() + value.len() % 2, if vr == b"UI" { 0 } else { b' ' });
    out
}

fn sequence(tag: u32, items: &[Vec<u8>]) -> Vec<u8> {
    let item = |item: &Vec<u8>| {
        let header = [&[0xFE, 0xFF, 0, 0xE0], (item.len() as u32).to_le_bytes().as_slice()].concat();
        [header.as_slice(), item].concat()
    };
    element(tag, b"SQ", &items.iter().flat_map(item).collect::<Vec<_>>())
}

/// An enhanced CT image of three frames of 4 x 4 pixels: [`write_ct_series`] writes one image for each slice.
fn enhanced_ct() -> Vec<u8> {
    let us = |tag, value: u16| element(tag, b"US", &value.to_le_bytes());
    let shared = [
        sequence(0x0020_9116, &[element(0x0020_0037, b"DS", b"1\\0\\0\\0\\1\\0")]),
        sequence(0x0028_9110, &[element(0x0028_0030, b"DS", b"1\\1")]),
        sequence(0x0028_9145, &[[element(0x0028_1052, b"DS", b"-1024"), element(0x0028_1053, b"DS", b"1")].concat()]),
    ];
    let frame = |z: u8| sequence(0x0020_9113, &[element(0x0020_0032, b"DS", format!("0\\0\\{z}").as_bytes())]);
    let data = [
        element(0x0008_0016, b"UI", b"1.2.840.10008.5.1.4.1.1.2.1"),
        element(0x0008_0018, b"UI", b"1.2.3"),
        element(0x0008_0060, b"CS", b"CT"),
        element(0x0020_000E, b"UI", b"1.2.3.5"),
        us(0x0028_0002, 1),
        element(0x0028_0008, b"IS", b"3"),
        [us(0x0028_0010, 4), us(0x0028_0011, 4)].concat(),
        [us(0x0028_0100, 16), us(0x0028_0101, 12), us(0x0028_0103, 0)].concat(),
        sequence(0x5200_9229, &[shared.concat()]),
        sequence(0x5200_9230, &[frame(0), frame(5), frame(10)]),
        element(0x7FE0_0010, b"OW", &[7; 96]),
    ];
    let meta = element(0x0002_0010, b"UI", b"1.2.840.10008.1.2.1");
    let length = element(0x0002_0000, b"UL", &(meta.len() as u32).to_le_bytes());
    [vec![0; 128], b"DICM".to_vec(), length, meta, data.concat()].concat()
}

fn roi(segment: &Segment, grid: &VolumeGeometry, holes: Holes) -> RoiToWrite {
    RoiToWrite {
        name: segment.name.clone(),
        interpreted_type: "ORGAN".to_owned(),
        colour: [255, 128, 0],
        code: None,
        contours: trace_with(&segment.mask, grid, TraceOptions { smooth: false, holes }),
        generation: RoiGeneration::Automatic,
        generation_description: "seed".to_owned(),
    }
}

fn described(segment: &Segment) -> SegmentToWrite {
    SegmentToWrite {
        name: segment.name.clone(),
        category: None,
        code: None,
        colour: [255, 128, 0],
        generation: RoiGeneration::Automatic,
        algorithm: "seed".to_owned(),
        mask: segment.mask.clone(),
    }
}

/// The same without gzip: a fuzzer that changes compressed bytes changes little else than their checksum.
fn raw_nrrd(compressed: &[u8]) -> Option<Vec<u8>> {
    let end = compressed.windows(2).position(|bytes| bytes == b"\n\n")? + 2;
    let header = String::from_utf8_lossy(&compressed[..end]).replace("encoding: gzip", "encoding: raw");
    let mut out = header.into_bytes();
    flate2::read::GzDecoder::new(&compressed[end..]).read_to_end(&mut out).ok()?;
    Some(out)
}

/// The mask as the target takes it: one bit a voxel, the first in the lowest.
fn bits(mask: &Mask) -> Vec<u8> {
    let [slices, rows, columns] = mask.shape();
    let mut bytes = vec![0_u8; (slices * rows * columns).div_ceil(8)];
    for n in 0..slices * rows * columns {
        let at = [n / (rows * columns), n / columns % rows, n % columns];
        bytes[n / 8] |= u8::from(mask.get(at)) << (n % 8);
    }
    bytes
}

/// Every small file of the folder goes to the targets that may understand it.
fn real(corpus: &Path, folder: &Path) -> Done {
    let mut open = vec![folder.to_owned()];
    let mut count = 0;
    while let Some(folder) = open.pop() {
        let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
        entries.sort_by_key(fs::DirEntry::path);
        let mut slices = 0;
        for entry in entries {
            let metadata = entry.metadata()?;
            if metadata.is_dir() {
                open.push(entry.path());
            }
            if !metadata.is_file() || metadata.len() > LARGEST {
                continue;
            }
            let bytes = fs::read(entry.path())?;
            let targets = targets_for(&bytes);
            slices += usize::from(targets.contains(&"ct"));
            if targets.contains(&"ct") && slices > MOST_SLICES {
                continue;
            }
            count += 1;
            for target in targets {
                let bytes = if *target == "ct" { as_ct(&bytes) } else { bytes.clone() };
                fs::write(corpus.join(target).join(format!("real-{count}")), bytes)?;
            }
        }
    }
    Ok(())
}

fn targets_for(bytes: &[u8]) -> &'static [&'static str] {
    let holds = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    match bytes {
        [b'N', b'R', b'R', b'D', ..] => &["nrrd"],
        [0x1F, 0x8B, ..] | [0x5C, 0x01, 0, 0, ..] => &["nifti"],
        _ if holds(b"RTSTRUCT") => &["preflight", "structure_set"],
        _ if holds(b"1.2.840.10008.5.1.4.1.1.66.4") => &["preflight", "segmentation"],
        _ if holds(b"1.2.840.10008.") => &["preflight", "ct"],
        _ => &["preflight"],
    }
}

/// Images of other kinds become CT images, so that their pixels are read.
fn as_ct(image: &[u8]) -> Vec<u8> {
    let mut image = image.to_vec();
    for (other, ct) in [
        ("1.2.840.10008.5.1.4.1.1.4\0", "1.2.840.10008.5.1.4.1.1.2\0"),
        ("1.2.840.10008.5.1.4.1.1.7\0", "1.2.840.10008.5.1.4.1.1.2\0"),
        ("1.2.840.10008.5.1.4.1.1.4.1", "1.2.840.10008.5.1.4.1.1.2.1"),
    ] {
        while let Some(at) = image.windows(other.len()).position(|bytes| bytes == other.as_bytes()) {
            image[at..at + ct.len()].copy_from_slice(ct.as_bytes());
        }
    }
    image
}
