//! The profile `net`: surfaces that follow the organ rather than the voxels.
//!
//! A surface net (S. Gibson, "Constrained Elastic Surface Nets", MICCAI 1998) has one vertex in each cube between eight
//! voxel centres that are not all inside or all outside, joined by one quadrilateral for each pair of neighbouring
//! voxels of which one is inside. Vertices start at the voxel corner and are [relaxed](relax) until the surface is
//! smooth, and never go farther than half a voxel from where they started, so that no voxel centre changes sides. Where a
//! quadratic explains all voxels around, they go to such [patches]; those of [flat] faces are [placed](placing) upon them,
//! and upon the edges between them. Where curved pieces meet, [edges] are made sharp.
//!
//! Distances are those from the middles of the quadrilaterals to the nearest point of the other net's triangles; their
//! weight is the quadrilateral's area, evenly divided among the [range](mod@range) of distances within it.

mod edges;
mod extent;
mod flat;
mod height;
mod hulls;
mod mesh;
mod patches;
mod placing;
mod plane;
mod range;
mod region;
mod relax;
mod solid;
mod spread;
mod triangles;
mod walk;

use rayon::prelude::*;

use self::{
    mesh::{Net, middle, quad_area},
    range::{AroundVertices, range},
    spread::Spread,
    triangles::Slab,
};
use super::{Profile, SurfaceDistances, lattice::Boxed, nearest::Nearest, statistics::Distribution};

/// Slices that are one piece of work where areas are added up.
const CHUNK: usize = 16;

/// All distances between two masks, both of which lie in the boxes' common bounds.
///
/// One net is relaxed after the other, of the first one only the offsets being kept meanwhile, and one direction measured
/// after the other, each with all threads: that is what keeps the memory small.
pub(super) fn between(reference: Boxed<'_>, prediction: Boxed<'_>, spacing: [f64; 3]) -> SurfaceDistances {
    let extent = reference.extent();
    let diagonal_mm = (0..3).map(|x| ((extent[x] + 1) as f64 * spacing[x]).powi(2)).sum::<f64>().sqrt();
    let offsets = Net::of(&reference, spacing).into_offsets();
    let b = Net::of(&prediction, spacing);
    let a = Net::with_offsets(&reference, spacing, offsets);
    let one_way = |from: &Net, to: &Net| weighed(from, &distances(from, to), diagonal_mm);
    let forth = one_way(&a, &b);
    let back = one_way(&b, &a);
    SurfaceDistances::new(Profile::Net, forth, back)
}

/// Distances from the middles of one net's quadrilaterals to the other net, slice by slice: first to a vertex that is
/// near, then through the other net slab by slab to whatever is nearer.
fn distances(from: &Net, to: &Net) -> Vec<Vec<f64>> {
    let nearest = Nearest::new(&to.bits, to.spacing);
    let to_a_vertex = |k: usize| {
        let (mut search, mut distances) = (nearest.search(), Vec::new());
        from.for_quads(k, |cube, corners| {
            let distance = search.find(cube.map(|x| x as u32)).map_or(f64::INFINITY, |found| {
                let found = found.map(|x| x as usize);
                let (a, b) = (middle(corners), to.position(to.vertex_of(found), found));
                (0..3).map(|x| (a[x] - b[x]).powi(2)).sum::<f64>().sqrt()
            });
            distances.push(distance);
        });
        distances.shrink_to_fit();
        distances
    };
    let mut distances: Vec<Vec<f64>> = (0..from.bits.shape[0]).into_par_iter().map(to_a_vertex).collect();
    drop(nearest);
    let mut slices = 0..to.bits.shape[0];
    while let Some(slab) = Slab::next(to, &mut slices) {
        distances.par_iter_mut().enumerate().for_each(|(k, distances)| {
            let farthest = distances.iter().fold(0.0, |farthest: f64, distance| farthest.max(*distance));
            if slab.slices_away(k) * from.spacing[0] >= farthest {
                return;
            }
            let (mut guess, mut distances) = (None, distances.iter_mut());
            from.for_quads(k, |_, corners| {
                let distance = distances.next();
                if let Some((distance, nearer)) = distance.and_then(|distance| {
                    slab.nearer(middle(corners), *distance, &mut guess).map(|nearer| (distance, nearer))
                }) {
                    *distance = nearer;
                }
            });
        });
    }
    distances
}

/// The distances with the surface that each of them stands for.
fn weighed(net: &Net, distances: &[Vec<f64>], diagonal_mm: f64) -> Distribution {
    let chunks: Vec<(usize, &[Vec<f64>])> = (0..).step_by(CHUNK).zip(distances.chunks(CHUNK)).collect();
    let longest = distances.iter().flatten().fold(0.0, |longest: f64, distance| longest.max(*distance));
    let around = AroundVertices::new(net, distances);
    let spread_of = |(first, chunk): (usize, &[Vec<f64>])| {
        let mut spread = Spread::new(diagonal_mm);
        let mut after = around.of_slice(first);
        for (k, distances) in (first..).zip(chunk) {
            let here = std::mem::replace(&mut after, around.of_slice(k + 1));
            let mut distances = distances.iter();
            net.for_quad_corners(k, |corners| {
                let Some(&distance) = distances.next() else { return };
                let area = quad_area(corners.map(|(number, cube)| net.position(number, cube)));
                let at_corners = corners.map(|(number, cube)| if cube[0] == k { here[number] } else { after[number] });
                spread.add_range(distance, range(at_corners, distance, longest), area);
            });
        }
        spread
    };
    let spreads: Vec<Spread> = chunks.into_par_iter().map(spread_of).collect();
    // Added in order, so that a comparison gives the same digits every time.
    spreads.into_iter().fold(Spread::new(diagonal_mm), Spread::merged).into_distribution()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{mesh::fan, triangles::squared_distance, *};
    use crate::mask::{Mask, VoxelBox};

    fn quads(net: &Net) -> Vec<[[f64; 3]; 4]> {
        let mut quads = Vec::new();
        (0..net.bits.shape[0]).for_each(|k| net.for_quads(k, |_, corners| quads.push(corners)));
        quads
    }

    #[test]
    fn a_box_along_the_voxels_stays_half_way_between_them() {
        let mask = Mask::from_fn([30, 40, 50], |[k, j, i]| {
            (5..25).contains(&k) && (7..31).contains(&j) && (9..44).contains(&i)
        });
        let net = Net::of(&Boxed::new(&mask, VoxelBox { min: [0; 3], max: mask.shape() }), [2.0, 1.0, 1.0]);
        for k in 0..net.bits.shape[0] {
            net.for_cubes(k, |number, cube| assert_eq!(net.offset(k, number), [0.0; 3], "{cube:?}"));
        }
    }

    proptest! {
        #[test]
        fn the_nearest_triangle_is_the_one_that_trying_all_finds(
            voxels in prop::collection::vec((0usize..7, 0usize..9, 0usize..80, any::<bool>()), 2..40),
            spacing in (0.3..6.0, 0.3..3.0, 0.3..3.0),
        ) {
            let (spacing, shape): ([f64; 3], _) = (spacing.into(), [7, 9, 80]);
            let mut masks = [Mask::new(shape), Mask::new(shape)];
            for (k, j, i, first) in voxels {
                masks[usize::from(first)].set([k, j, i], true);
            }
            prop_assume!(masks.iter().all(|mask| !mask.is_empty()));
            let bounds = VoxelBox { min: [0; 3], max: shape };
            let [a, b] = masks.each_ref().map(|mask| Net::of(&Boxed::new(mask, bounds), spacing));
            let (from, to) = (quads(&a), quads(&b));
            let found = distances(&a, &b).concat();
            prop_assert_eq!(found.len(), from.len());
            for (corners, distance) in from.into_iter().zip(found) {
                let at = middle(corners);
                let triangles = to.iter().flat_map(|&quad| fan(quad));
                let expected = triangles.map(|t| squared_distance(at, &t)).fold(f64::INFINITY, f64::min).sqrt();
                prop_assert!((distance - expected).abs() < 1e-9, "{distance}, not {expected}");
            }
        }
    }
}
