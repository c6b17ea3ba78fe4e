//! How long it takes to remove islands from all structures of a child on 512 x 512 columns, one after the other:
//! `cargo run --release -p tmli-model --example islands [MODEL]`, with the rules of that model folder.

use std::{io::Write, path::PathBuf, time::Instant};

use tmli_core::Mask;
use tmli_model::read_manifest;
use tmli_phantom::{Matrix, PhantomOptions, generate};

/// One voxel in so many is an island of its own: far more than any network leaves.
const ISLANDS: usize = 10_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).map_or("demo/models/all-2d".into(), PathBuf::from);
    let rules = read_manifest(&folder)?.post_processing;
    let child = generate(&PhantomOptions { seed: 7, case: 1, age_years: Some(14.0), matrix: Matrix::M512 });
    let geometry = child.ct.geometry();
    let shape = geometry.shape();
    let [_, rows, columns] = shape;
    let islands =
        Mask::from_fn(shape, |[k, j, i]| ((k * rows + j) * columns + i).wrapping_mul(0x9E37_79B9) % ISLANDS == 0);
    let (mut all_ms, mut longest_ms) = (0.0, 0.0_f64);
    for segment in &child.segmentation.segments {
        let mut mask = segment.mask.clone();
        mask.union_with(&islands);
        let start = Instant::now();
        let kept = rules.rule(&segment.name).apply(&mask, geometry.spacing_mm().k);
        let took_ms = 1e3 * start.elapsed().as_secs_f64();
        all_ms += took_ms;
        longest_ms = longest_ms.max(took_ms);
        assert!(kept.count() <= mask.count(), "voxels were added");
    }
    let structures = child.segmentation.segments.len();
    let islands = islands.count();
    writeln!(
        std::io::stdout(),
        "{structures} structures of {shape:?} voxels with {islands} islands each: {all_ms:.0} ms, the longest {longest_ms:.0} ms"
    )?;
    Ok(())
}
