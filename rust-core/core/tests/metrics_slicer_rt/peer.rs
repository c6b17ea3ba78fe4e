//! The same masks, given to plastimatch.
#![allow(clippy::print_stdout)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tmli_core::{Mask, SpacingMm};

use super::{debian::plastimatch, larger_mean, slicer_rt};

/// Knuth's linear congruential generator, the upper 31 bits.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// Ellipsoids, now and then hollow, with an empty voxel around: plastimatch drops the last slice of an image that a
/// mask fills from end to end.
fn ellipsoid(numbers: &mut Numbers, shape: [usize; 3]) -> Mask {
    let radius = shape.map(|n| 3.0 + numbers.below(n / 2 - 5) as f64);
    let centre = shape.map(|n| n as f64 / 2.0 - 2.0 + numbers.below(4) as f64);
    let hole = [0.0, 0.0, 0.5][numbers.below(3)];
    Mask::from_fn(shape, |at| {
        let part = (0..3).map(|x| ((at[x] as f64 - centre[x]) / radius[x]).powi(2)).sum::<f64>();
        let edge = (0..3).any(|x| at[x] == 0 || at[x] + 1 == shape[x]);
        part <= 1.0 && part >= hole && !edge
    })
}

fn write_meta_image(path: &Path, mask: &Mask, spacing: SpacingMm) {
    let ([slices, rows, columns], SpacingMm { k, j, i }) = (mask.shape(), spacing);
    let header = format!(
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nElementSpacing = {i} {j} {k}\n\
         DimSize = {columns} {rows} {slices}\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n"
    );
    let bytes: Vec<u8> = header.into_bytes().into_iter().chain(mask.to_bytes()).collect();
    fs::write(path, bytes).expect("the folder can be written to");
}

/// The number after the last of these words in what plastimatch prints.
fn number_after(text: &str, words: &str) -> f64 {
    let line =
        text.lines().find_map(|line| line.trim().strip_prefix(words)).unwrap_or_else(|| panic!("{words}: {text}"));
    line.trim_start_matches([' ', '=', ':']).parse().unwrap_or_else(|_| panic!("{words}: {line}"))
}

/// What plastimatch prints, by the names of [`super::slicer_rt`]'s numbers: HD, HD95, ASD, the larger mean.
const NAMES: [&str; 4] = [
    "Hausdorff distance (boundary)",
    "Percent (0.95) Hausdorff distance (boundary)",
    "Avg average Hausdorff distance (boundary)",
    "Max average Hausdorff distance (boundary)",
];

/// Its distance map hands the nearest voxel on from neighbour to neighbour (Danielsson) and so is now and then too
/// large by a little, never too small. TMLI's distances are exact.
#[test]
fn plastimatch_says_the_same_of_random_pairs() {
    let Some(program) = plastimatch() else { return };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plastimatch");
    fs::create_dir_all(&folder).expect("a folder for images");
    let paths = ["reference.mha", "prediction.mha"].map(|name| folder.join(name));
    let mut numbers = Numbers(4);
    let mut equal = [0; 4];
    for pair in 0..40 {
        let shape = [12 + numbers.below(12), 14 + numbers.below(30), 14 + numbers.below(30)];
        let [k, j, i] = std::array::from_fn(|_| (50 + numbers.below(350)) as f64 / 100.0);
        let spacing = SpacingMm::new(k, j, i);
        let masks = [ellipsoid(&mut numbers, shape), ellipsoid(&mut numbers, shape)];
        paths.iter().zip(&masks).for_each(|(path, mask)| write_meta_image(path, mask, spacing));
        let text = said_by(&program, &paths);
        let m = slicer_rt(&masks[0], &masks[1], spacing);
        let dsc = number_after(&text, "DICE");
        assert!((m.dsc - dsc).abs() < 1e-6, "pair {pair}, DSC: {}, plastimatch has {dsc}", m.dsc);
        for (n, (name, got)) in NAMES.into_iter().zip([m.hd_mm, m.hd95_mm, m.asd_mm, larger_mean(&m)]).enumerate() {
            let theirs = number_after(&text, name);
            // It computes with 32-bit numbers.
            let above = theirs / got - 1.0;
            assert!((-1e-6..0.03).contains(&above), "pair {pair}, {name}: {got}, plastimatch has {theirs}");
            equal[n] += usize::from(above < 1e-6);
        }
    }
    println!("equal in {equal:?} of 40 pairs: HD, HD95, ASD, the larger mean");
    assert_eq!(equal[0], 40, "the largest distances are outside, where its map is right");
    assert!(equal[1] >= 36 && equal[2] >= 20 && equal[3] >= 30, "{equal:?}");
}

fn said_by(plastimatch: &Command, images: &[PathBuf]) -> String {
    let mut command = Command::new(plastimatch.get_program());
    let output = command.args(["dice", "--all"]).args(images).output().expect("plastimatch starts");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
