//! Hostile files, made here byte by byte, and what they get: an error that names part and reason, no panic, and no more
//! memory than the file's own size and 64 MB, whatever it claims.
#![allow(clippy::unwrap_used, unsafe_code)]

mod common;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    fs,
    io::Write,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use common::builder::{EXPLICIT, claiming, contour, element, file, sequence, structure_set};
use tmli_core::{PointLps, SpacingMm, VolumeGeometry};
use tmli_io::{read_ct_folder, read_label_map, read_segmentation, read_structure_set, scan_folder};

/// Counts bytes in use and remembers the most.
struct Counting;

static USED: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator with the same arguments; only counters are added.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let used = USED.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(used, Ordering::Relaxed);
        // SAFETY: the caller's promise about the layout is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        USED.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the pointer came from `alloc` above, which took it from the system's allocator.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One measurement at a time: the counters are shared.
static ONE: Mutex<()> = Mutex::new(());

/// What the readers may take beyond the size of a file.
const ALLOWANCE: usize = 64 << 20;

fn grid() -> VolumeGeometry {
    VolumeGeometry::axial([2, 8, 8], PointLps::new(0.0, 0.0, 0.0), SpacingMm::new(5.0, 1.0, 1.0)).unwrap()
}

/// Every reader gets the file; gives all that they said.
fn attack(what: &str, bytes: &[u8]) -> String {
    let _one = ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    fs::write(&path, bytes).unwrap();
    let before = USED.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let said = said_by_all(dir.path(), &path);
    let taken = PEAK.load(Ordering::Relaxed).saturating_sub(before);
    assert!(taken <= bytes.len() + ALLOWANCE, "{what}: {} bytes took {taken} bytes of memory", bytes.len());
    said
}

fn said_by_all(dir: &Path, path: &Path) -> String {
    let mut said = Vec::new();
    said.extend(read_ct_folder(dir, None).err().map(|e| e.to_string()));
    said.extend(read_structure_set(path).err().map(|e| e.to_string()));
    said.extend(read_segmentation(path, &grid()).err().map(|e| e.to_string()));
    said.extend(read_label_map(path, &grid()).err().map(|e| e.to_string()));
    said.extend(scan_folder(dir).unwrap().unreadable.into_iter().map(|(_, e)| e.to_string()));
    said.join("\n")
}

fn ct(rows: u16, columns: u16, syntax: &str, pixels: &[u8]) -> Vec<u8> {
    let mut data = element(0x0008_0016, b"UI", b"1.2.840.10008.5.1.4.1.1.2");
    data.extend(element(0x0008_0018, b"UI", b"1.2.3"));
    data.extend(element(0x0008_0060, b"CS", b"CT"));
    data.extend(element(0x0020_000E, b"UI", b"1.2.3.5"));
    data.extend(element(0x0020_0032, b"DS", b"0\\0\\0"));
    data.extend(element(0x0020_0037, b"DS", b"1\\0\\0\\0\\1\\0"));
    data.extend(element(0x0028_0002, b"US", &1_u16.to_le_bytes()));
    data.extend(element(0x0028_0004, b"CS", b"MONOCHROME2"));
    data.extend(element(0x0028_0010, b"US", &rows.to_le_bytes()));
    data.extend(element(0x0028_0011, b"US", &columns.to_le_bytes()));
    data.extend(element(0x0028_0030, b"DS", b"1\\1"));
    data.extend(element(0x0028_0100, b"US", &16_u16.to_le_bytes()));
    data.extend(element(0x0028_0101, b"US", &16_u16.to_le_bytes()));
    data.extend(pixels);
    file(syntax, &data)
}

/// Two slices of a hostile image, 5 mm apart, so that they pass for a volume.
fn attack_series(what: &str, slice: &[u8]) -> String {
    let _one = ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), slice).unwrap();
    let mut other = slice.to_vec();
    let at = other.windows(5).position(|w| w == b"0\\0\\0").unwrap();
    other[at + 4] = b'5';
    fs::write(dir.path().join("b"), &other).unwrap();
    let before = USED.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let said = read_ct_folder(dir.path(), None).unwrap_err().to_string();
    let taken = PEAK.load(Ordering::Relaxed).saturating_sub(before);
    assert!(taken <= 2 * (slice.len() + ALLOWANCE), "{what} took {taken} bytes of memory");
    said
}

fn encapsulated(fragment: &[u8]) -> Vec<u8> {
    let mut value = vec![0xFE, 0xFF, 0x00, 0xE0, 0, 0, 0, 0, 0xFE, 0xFF, 0x00, 0xE0];
    value.extend((fragment.len() as u32).to_le_bytes());
    value.extend(fragment);
    value.extend([0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
    claiming(0x7FE0_0010, b"OB", u32::MAX, &value)
}

#[test]
fn twenty_thousand_nested_sequences_are_refused() {
    let level = [8, 0, 0x40, 0x11, b'S', b'Q', 0, 0, 255, 255, 255, 255, 0xFE, 0xFF, 0, 0xE0, 255, 255, 255, 255];
    let said = attack("nesting", &file(EXPLICIT, &level.repeat(20_000)));
    assert!(said.contains("more than 64 sequences are nested"), "{said}");
}

#[test]
fn claims_beyond_the_file_are_refused() {
    for (what, bytes) in [
        ("element", claiming(0x3006_0050, b"UN", 0xE000_0000, b"1\\2\\3 ")),
        ("pixels", claiming(0x7FE0_0010, b"OW", 0xFFFF_FFF0, &[0; 4])),
        ("sequence", claiming(0x3006_0020, b"SQ", 0x7FFF_FFF0, &[0xFE, 0xFF, 0, 0xE0, 0, 0, 0, 0x40])),
    ] {
        let mut data = element(0x0008_0016, b"UI", b"1.2.840.10008.5.1.4.1.1.481.3");
        data.extend(bytes);
        let said = attack(what, &file(EXPLICIT, &data));
        assert!(said.contains("claims") || said.contains("should have") || said.contains("damaged"), "{what}: {said}");
    }
}

#[test]
fn crowds_of_empty_elements_and_items_are_refused() {
    let empty = element(0x0008_0060, b"CS", b"");
    let said = attack("elements", &file(EXPLICIT, &empty.repeat(400_000)));
    assert!(said.contains("more elements than a file of its size can hold"), "{said}");
    let items = sequence(0x3006_0039, &vec![Vec::new(); 400_000]);
    let said = attack("items", &file(EXPLICIT, &items));
    assert!(said.contains("more elements than a file of its size can hold"), "{said}");
}

#[test]
fn a_deflate_bomb_is_refused() {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&element(0x0008_0016, b"UI", b"1.2.840.10008.5.1.4.1.1.481.3")).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..300 {
        encoder.write_all(&zeros).unwrap();
    }
    let said = attack("bomb", &file("1.2.840.10008.1.2.1.99", &encoder.finish().unwrap()));
    assert!(said.contains("deflated data grows beyond"), "{said}");
}

#[test]
fn images_larger_than_their_files_are_refused() {
    let pixels = element(0x7FE0_0010, b"OW", &[0; 32]);
    let said = attack_series("uncompressed", &ct(65535, 65535, EXPLICIT, &pixels));
    assert!(said.contains("truncated"), "{said}");
    for syntax in ["1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.70"]
    {
        let said = attack_series(syntax, &ct(65535, 65535, syntax, &encapsulated(&[0xFF; 64])));
        assert!(said.contains("at most 16777216 pixels"), "{syntax}: {said}");
    }
}

#[test]
fn code_streams_of_nonsense_are_refused() {
    let mut jpeg_ls = vec![0xFF, 0xD8, 0xFF, 0xF7, 0, 11, 16, 0xFF, 0xFF, 0xFF, 0xFF, 1, 1, 0x11, 0];
    jpeg_ls.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0]);
    jpeg_ls.extend([0xA5; 64]);
    let mut j2k = vec![0xFF, 0x4F, 0xFF, 0x51, 0, 41, 0, 0];
    j2k.extend([0x7F; 60]);
    for syntax in ["1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.70"]
    {
        for stream in [&jpeg_ls[..], &j2k, &[0; 64], &[0xFF; 64]] {
            let said = attack_series(syntax, &ct(64, 64, syntax, &encapsulated(stream)));
            assert!(said.contains("decoded") || said.contains("truncated"), "{syntax}: {said}");
        }
    }
}

#[test]
fn every_single_changed_byte_of_a_structure_set_is_survived() {
    let square = b"0\\0\\5\\10\\0\\5\\10\\10\\5\\0\\10\\5";
    let bytes = structure_set("ISO_IR 100", &[(1, b"A", vec![contour(4, b"DS", square)])]);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    let mut refused = 0;
    for at in 128..bytes.len() {
        for value in [0, 0x7F, 0xFF, bytes[at] ^ 1] {
            let mut changed = bytes.clone();
            changed[at] = value;
            fs::write(&path, &changed).unwrap();
            refused += usize::from(read_structure_set(&path).is_err());
        }
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn label_maps_that_lie_are_refused() {
    let mut header = vec![0; 352];
    header[..4].copy_from_slice(&348_i32.to_le_bytes());
    for (n, value) in [3_i16, 32767, 32767, 32767, 1, 1, 1, 1].iter().enumerate() {
        header[40 + 2 * n..42 + 2 * n].copy_from_slice(&value.to_le_bytes());
    }
    header[70..72].copy_from_slice(&64_i16.to_le_bytes());
    header[108..112].copy_from_slice(&352_f32.to_le_bytes());
    header[254..256].copy_from_slice(&1_i16.to_le_bytes());
    for row in 0..3 {
        header[280 + 20 * row..284 + 20 * row].copy_from_slice(&1_f32.to_le_bytes());
    }
    header[344..348].copy_from_slice(b"n+1\0");
    let said = attack("NIfTI", &header);
    assert!(said.contains("label map is not on the grid"), "{said}");
}
