//! The profile `net`: surfaces that follow the organ rather than the voxels.
//!
//! A surface net (S. Gibson, "Constrained Elastic Surface Nets", MICCAI 1998) has one vertex in each cube between eight
//! voxel centres that are not all inside or all outside, joined by one quadrilateral for each pair of neighbouring
//! voxels of which one is inside. Vertices start at the voxel corner and are [relaxed](relax) until the surface is
//! smooth, and never go farther than half a voxel from where they started, so that no voxel centre changes sides.
//! Edges of a solid are rounded by up to half a voxel.
//!
//! Distances are those from the vertices to the nearest point of the other net's triangles; the weight of a vertex is a
//! quarter of the area of the quadrilaterals around it.

mod mesh;
mod relax;
mod spread;
mod triangles;

use rayon::prelude::*;

use self::{
    mesh::{Net, PerVertex},
    spread::Spread,
    triangles::Slab,
};
use super::{Profile, SurfaceDistances, lattice::Boxed, nearest::Nearest, statistics::Distribution};

/// Slices that are one piece of work where areas are added up.
const CHUNK: usize = 16;

/// All distances between two masks, both of which lie in the boxes' common bounds.
///
/// One net is relaxed after the other, and one direction measured after the other, each with all threads: that is what
/// keeps the memory small.
pub(super) fn between(reference: Boxed<'_>, prediction: Boxed<'_>, spacing: [f64; 3]) -> SurfaceDistances {
    let extent = reference.extent();
    let diagonal_mm = (0..3).map(|x| ((extent[x] + 1) as f64 * spacing[x]).powi(2)).sum::<f64>().sqrt();
    let [a, b] = [reference, prediction].map(|mask| Net::of(&mask, spacing));
    let one_way = |from: &Net, to: &Net| weighed(from, &distances(from, to), diagonal_mm);
    let forth = one_way(&a, &b);
    let back = one_way(&b, &a);
    SurfaceDistances::new(Profile::Net, forth, back)
}

/// Distances from one net's vertices to the other net: first to a vertex that is near, then through the other net slab
/// by slab to whatever is nearer.
fn distances(from: &Net, to: &Net) -> PerVertex<f64> {
    let mut distances = from.per_vertex(&f64::INFINITY);
    let nearest = Nearest::new(&to.bits, to.spacing);
    distances.par_iter_mut().enumerate().for_each(|(k, distances)| {
        let mut search = nearest.search();
        from.for_cubes(k, |vertex, cube| {
            let Some(found) = search.find(cube.map(|x| x as u32)) else { return };
            let found = found.map(|x| x as usize);
            let (a, b) = (from.position(vertex, cube), to.position(to.vertex_of(found), found));
            distances[vertex] = (0..3).map(|x| (a[x] - b[x]).powi(2)).sum::<f64>().sqrt();
        });
    });
    drop(nearest);
    let mut slices = 0..to.bits.shape[0];
    while let Some(slab) = Slab::next(to, &mut slices) {
        distances.par_iter_mut().enumerate().for_each(|(k, distances)| {
            let mut guess = None;
            from.for_cubes(k, |vertex, cube| {
                let distance = &mut distances[vertex];
                if let Some(nearer) = slab.nearer(from.position(vertex, cube), *distance, &mut guess) {
                    *distance = nearer;
                }
            });
        });
    }
    distances
}

/// The distances with the surface that each of them stands for.
fn weighed(net: &Net, distances: &PerVertex<f64>, diagonal_mm: f64) -> Distribution {
    let chunks: Vec<usize> = (0..net.bits.shape[0]).step_by(CHUNK).collect();
    let spreads: Vec<Spread> = chunks
        .into_par_iter()
        .map(|first| {
            let mut spread = Spread::new(diagonal_mm);
            for k in first..(first + CHUNK).min(net.bits.shape[0]) {
                net.for_areas(k, |[slice, vertex], area| spread.add(distances[slice][vertex], area));
            }
            spread
        })
        .collect();
    // Added in order, so that a comparison gives the same digits every time.
    spreads.into_iter().fold(Spread::new(diagonal_mm), Spread::merged).into_distribution()
}
