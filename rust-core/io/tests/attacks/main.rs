//! Hostile files, made here byte by byte, and what they get: an error that names part and reason, no panic, and no more
//! memory than the file's honest size and 64 MB: its bytes, and the pixels and points that are in them.
#![allow(clippy::unwrap_used, unsafe_code)]

#[path = "../common/mod.rs"]
mod common;
mod hostile;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    fs,
    path::Path,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use common::builder::{EXPLICIT, claiming, contour, element, file, sequence, structure_set};
use hostile::{ct, encapsulated};
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

/// One test at a time: the counters are shared, and what another test makes would count too.
struct Alone(#[expect(dead_code, reason = "held, not looked at")] MutexGuard<'static, ()>);

fn alone() -> Alone {
    static ONE: Mutex<()> = Mutex::new(());
    Alone(ONE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// What the readers may take beyond what a file honestly is.
const ALLOWANCE: usize = 64 << 20;

fn grid() -> VolumeGeometry {
    VolumeGeometry::axial([2, 8, 8], PointLps::new(0.0, 0.0, 0.0), SpacingMm::new(5.0, 1.0, 1.0)).unwrap()
}

/// Every reader gets the file; gives all that they said.
fn attack(alone: &Alone, what: &str, bytes: &[u8]) -> String {
    attack_with(alone, what, bytes, 0)
}

/// The same of a file whose pixels or points take `held` bytes once they are read.
fn attack_with(alone: &Alone, what: &str, bytes: &[u8], held: usize) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    fs::write(&path, bytes).unwrap();
    let (said, taken) = measured(alone, || said_by_all(dir.path(), &path));
    let honest = bytes.len() + held;
    assert!(taken <= honest + ALLOWANCE, "{what}: {honest} honest bytes took {taken} bytes of memory");
    said
}

/// What the readers said, and the most memory that they had in use.
fn measured(_alone: &Alone, read: impl FnOnce() -> String) -> (String, usize) {
    let before = USED.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let said = read();
    (said, PEAK.load(Ordering::Relaxed).saturating_sub(before))
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

/// Two slices of a hostile image, 5 mm apart, so that they pass for a volume.
fn attack_series(alone: &Alone, what: &str, slice: &[u8]) -> String {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), slice).unwrap();
    fs::write(dir.path().join("b"), hostile::next_slice(slice)).unwrap();
    let (said, taken) = measured(alone, || read_ct_folder(dir.path(), None).unwrap_err().to_string());
    assert!(taken <= 2 * (slice.len() + ALLOWANCE), "{what} took {taken} bytes of memory");
    said
}

/// What the page in `tests/attacks` promises of each of its files: name, and words of the error.
fn promises() -> Vec<(String, String)> {
    let page = fs::read_to_string(hostile::folder().join("README.md")).unwrap();
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect::<Vec<_>>();
    page.lines()
        .map(cells)
        .filter(|row| row.len() == 5 && row[1].contains('.'))
        .map(|row| (row[1].clone(), row[3].clone()))
        .collect()
}

#[test]
fn every_hostile_file_gets_the_error_that_its_page_promises() {
    let alone = alone();
    let promises = promises();
    let mut broken = Vec::new();
    for (name, words) in &promises {
        let bytes = fs::read(hostile::folder().join(name)).unwrap();
        let said = if name.starts_with("huge-image") {
            attack_series(&alone, name, &bytes)
        } else {
            attack(&alone, name, &bytes)
        };
        if !said.contains(words.as_str()) {
            broken.push(format!("{name}: {said}"));
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    let mut told: Vec<&String> = promises.iter().map(|(name, _)| name).collect();
    told.sort();
    let files = common::files(&hostile::folder());
    let files: Vec<String> = files.iter().map(|f| f.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(told, files.iter().filter(|name| *name != "README.md").collect::<Vec<_>>());
}

#[test]
fn the_hostile_files_are_those_that_are_made_here() {
    let _alone = alone();
    for (name, bytes) in hostile::files() {
        let path = hostile::folder().join(name);
        // To make them anew: TMLI_WRITE_ATTACKS=1 cargo test --release -p tmli-io --test attacks
        if std::env::var_os("TMLI_WRITE_ATTACKS").is_some() {
            fs::write(&path, &bytes).unwrap();
        }
        assert!(hostile::same(name, &fs::read(&path).unwrap(), &bytes), "{name}");
    }
}

/// Class UIDs of a CT image, an RT Structure Set and a Segmentation: each has a reader of its own.
const CLASSES: [&str; 3] =
    ["1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.481.3", "1.2.840.10008.5.1.4.1.1.66.4"];

/// A file of this class, whose rest is as given.
fn of_class(class: &str, rest: &[u8]) -> Vec<u8> {
    file(EXPLICIT, &[element(0x0008_0016, b"UI", class.as_bytes()), rest.to_vec()].concat())
}

#[test]
fn crowds_of_empty_elements_and_items_are_refused() {
    let alone = alone();
    let empty = element(0x0008_0060, b"CS", b"");
    for class in CLASSES {
        for count in [15_000, 400_000] {
            let said = attack(&alone, "elements", &of_class(class, &empty.repeat(count)));
            let items = attack(&alone, "items", &of_class(class, &sequence(0x0008_1115, &vec![empty.clone(); count])));
            let are_refused = |said: &str| said.contains("more elements than any real file");
            assert_eq!(are_refused(&said), count > 15_000, "{class}: {count} elements: {said}");
            assert_eq!(are_refused(&items), count > 15_000, "{class}: {count} items: {items}");
        }
    }
}

#[test]
fn files_full_of_small_things_take_little_memory() {
    let alone = alone();
    let (one, short) = (element(0x0008_0060, b"CS", b"CT"), element(0x0008_0060, b"CS", &[b'A'; 24]));
    for class in CLASSES {
        attack(&alone, "few items", &of_class(class, &sequence(0x3006_0039, &vec![one.clone(); 30_000])));
        attack(&alone, "many items", &of_class(class, &sequence(0x3006_0039, &vec![short.clone(); 400_000])));
        attack(&alone, "elements", &of_class(class, &one.repeat(1_000_000)));
        let texts = element(0x0008_103E, b"LO", "A\\".repeat(16_000).as_bytes());
        attack(&alone, "texts", &of_class(class, &sequence(0x3006_0039, &vec![texts; 400])));
    }
    let numbers = "0\\0\\5\\".repeat(1 << 20);
    let contour = contour(1 << 20, b"UN", numbers.trim_end_matches('\\').as_bytes());
    let points = 3 * (1 << 20);
    let held = points * size_of::<PointLps>();
    attack_with(&alone, "the shortest numbers", &structure_set("", &[(1, b"A", vec![contour; 3])]), held);
}

#[test]
fn crowds_in_a_structure_set_are_refused() {
    let alone = alone();
    let no_contour = vec![Vec::new(); 2_000_000];
    let said = attack(&alone, "contours of nothing", &structure_set("", &[(1, b"A", no_contour)]));
    assert!(said.contains("more elements"), "{said}");
    let point = contour(1, b"DS", b"0\\0\\5");
    let held = 2_000_000 * size_of::<PointLps>();
    let said = attack_with(&alone, "points", &structure_set("", &[(1, b"A", vec![point; 2_000_000])]), held);
    assert!(said.contains("more elements"), "{said}");
    let rois = sequence(0x3006_0020, &vec![element(0x3006_0022, b"IS", b"1"); 1_000_000]);
    let said = attack(&alone, "ROIs", &of_class(CLASSES[1], &rois));
    assert!(said.contains("more elements"), "{said}");
    let rois = (0..2000).map(|n: u32| {
        let [number, name] = [n.to_string().into_bytes(), vec![b'A'; 60_000]];
        [element(0x3006_0022, b"IS", &number), element(0x3006_0026, b"LO", &name)].concat()
    });
    let said = attack(&alone, "long names", &of_class(CLASSES[1], &sequence(0x3006_0020, &rois.collect::<Vec<_>>())));
    assert!(said.contains("more elements"), "{said}");
    let images = (0..500_000).map(|n: u32| element(0x0008_1155, b"UI", n.to_string().as_bytes()));
    let images = sequence(0x3006_0016, &images.collect::<Vec<_>>());
    let contours =
        sequence(0x3006_0039, &[[element(0x3006_0084, b"IS", b"1"), sequence(0x3006_0040, &[images])].concat()]);
    let said = attack(&alone, "images", &of_class(CLASSES[1], &contours));
    assert!(said.contains("more elements"), "{said}");
}

#[test]
fn large_structure_sets_are_read_within_their_size() {
    let alone = alone();
    let triangle = contour(3, b"DS", b"0.5\\0.5\\5\\6.5\\0.5\\5\\0.5\\6.5\\5");
    let rois: Vec<_> = (1..=100).map(|n| (n, b"A".as_slice(), vec![triangle.clone(); 2000])).collect();
    let bytes = structure_set("", &rois);
    let held = 3 * 200_000 * size_of::<PointLps>();
    let said = attack_with(&alone, "200,000 contours", &bytes, held);
    assert!(!said.contains("structure set file: it has more"), "{said}");
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), &bytes).unwrap();
    let read = read_structure_set(&dir.path().join("file")).unwrap();
    assert_eq!(read.structure_set.rois.iter().map(|roi| roi.contours.len()).sum::<usize>(), 200_000);
    // What it inflates to is what it honestly is.
    let deflated = hostile::deflated(&bytes);
    attack_with(&alone, "deflated", &deflated, bytes.len() + held);
    // A name of 30 MB, in Implicit VR, whose lengths have 32 bits.
    let mut name = [0x26, 0, 0x06, 0x30].to_vec();
    name.extend((30_u32 << 20).to_le_bytes());
    name.resize(name.len() + (30 << 20), b'A');
    let mut item = vec![0x06, 0x30, 0x22, 0, 2, 0, 0, 0, b'1', b' '];
    item.extend(&name);
    attack(&alone, "a long name", &file("1.2.840.10008.1.2", &item));
}

#[test]
fn crowds_of_frames_take_little_memory() {
    let alone = alone();
    let pixels = |bytes: usize| claiming(0x7FE0_0010, b"OB", bytes as u32, &vec![0; bytes]);
    let few = hostile::frames(10_000, 8, EXPLICIT, &pixels(10_000 * 128));
    let said = attack_with(&alone, "10,000 frames", &few, 10_000 * 128);
    assert!(!said.contains("more elements"), "{said}");
    let said = attack(&alone, "a million frames", &hostile::frames(1_000_000, 1, EXPLICIT, &pixels(2_000_000)));
    assert!(said.contains("more elements"), "{said}");
    attack(&alone, "frames that end within one", &few[..few.len() - 10_000 * 128 - 20]);
    let empty = sequence(0x5200_9230, &vec![Vec::new(); 1_000_000]);
    let twice = [empty.clone(), empty.clone(), pixels(8 << 20)].concat();
    for class in CLASSES {
        attack(&alone, "empty frames, twice", &of_class(class, &twice));
    }
    let us = |tag, value: u16| element(tag, b"US", &value.to_le_bytes());
    let size = [us(0x0028_0010, 8), us(0x0028_0011, 8)].concat();
    let frames = [size, empty, pixels(8 << 20)].concat();
    let said = attack(&alone, "a segmentation of a million frames", &of_class(CLASSES[2], &frames));
    assert!(said.contains("more elements"), "{said}");
}

#[test]
fn images_larger_than_their_files_are_refused() {
    let alone = alone();
    let pixels = element(0x7FE0_0010, b"OW", &[0; 32]);
    let said = attack_series(&alone, "uncompressed", &ct(65535, 65535, EXPLICIT, &pixels));
    assert!(said.contains("truncated"), "{said}");
    for syntax in ["1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.70"]
    {
        let said = attack_series(&alone, syntax, &ct(65535, 65535, syntax, &encapsulated(&[0xFF; 64])));
        assert!(said.contains("at most 4194304 pixels"), "{syntax}: {said}");
    }
}

#[test]
fn frames_without_number_are_refused() {
    let alone = alone();
    let pixels = element(0x7FE0_0010, b"OW", &[0; 32]);
    let said = attack(&alone, "uncompressed", &hostile::frames(3000, 4, EXPLICIT, &pixels));
    assert!(said.contains("truncated"), "{said}");
    let syntax = "1.2.840.10008.1.2.4.80";
    let said = attack(&alone, "compressed", &hostile::frames(600, 2048, syntax, &encapsulated(&[0xFF; 64])));
    assert!(said.contains("at most 2147483648 voxels"), "{said}");
}

#[test]
fn code_streams_of_nonsense_are_refused() {
    let alone = alone();
    // As large as an image may be.
    let [high, low] = 2048_u16.to_be_bytes();
    let mut jpeg_ls = vec![0xFF, 0xD8, 0xFF, 0xF7, 0, 11, 16, high, low, high, low, 1, 1, 0x11, 0];
    jpeg_ls.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0]);
    jpeg_ls.extend([0xA5; 64]);
    let mut j2k = vec![0xFF, 0x4F, 0xFF, 0x51, 0, 41, 0, 0];
    [2048, 2048, 0, 0, 2048, 2048, 0, 0].iter().for_each(|size: &u32| j2k.extend(size.to_be_bytes()));
    // One signed component of 16 bits, then a tile that never comes.
    j2k.extend([0, 1, 0x8F, 1, 1]);
    j2k.extend([0x7F; 60]);
    for syntax in ["1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.70"]
    {
        for stream in [&jpeg_ls[..], &j2k, &[0; 64], &[0xFF; 64]] {
            let said = attack_series(&alone, syntax, &ct(2048, 2048, syntax, &encapsulated(stream)));
            assert!(said.contains("decoded") || said.contains("truncated"), "{syntax}: {said}");
        }
    }
}

#[test]
fn every_single_changed_byte_of_a_structure_set_is_survived() {
    let _alone = alone();
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
