//! The profile `net`: surfaces that follow the organ rather than the voxels.
//!
//! A surface net (S. Gibson, "Constrained Elastic Surface Nets", MICCAI 1998) has one vertex in each cube between eight
//! voxel centres that are not all inside or all outside, joined by one quadrilateral for each pair of neighbouring
//! voxels of which one is inside. Vertices start at the voxel corner and are relaxed: each moves with
//! its neighbours, and never farther than half a voxel from where it started, so that no voxel centre changes sides.
//! Edges of a solid are rounded by up to half a voxel.
//!
//! Distances are those from the vertices to the nearest point of the other net's triangles; the weight of a vertex is a
//! quarter of the area of the quadrilaterals around it.

mod mesh;
mod triangles;

use rayon::prelude::*;

use self::{mesh::Mesh, triangles::TriangleTree};
use super::{Profile, SurfaceDistances, lattice::Boxed, statistics::Distribution};

/// Vertices that are one piece of work.
const CHUNK: usize = 1024;

/// All distances between two masks, both of which lie in the boxes' common bounds.
pub(super) fn between(reference: Boxed<'_>, prediction: Boxed<'_>, spacing: [f64; 3]) -> SurfaceDistances {
    let (a, b) = rayon::join(|| Mesh::of(&reference, spacing), || Mesh::of(&prediction, spacing));
    let (forth, back) = rayon::join(|| one_way(&a, &b), || one_way(&b, &a));
    SurfaceDistances::new(Profile::Net, forth, back)
}

fn one_way(from: &Mesh, to: &Mesh) -> Distribution {
    let tree = TriangleTree::new(to);
    let steps = from
        .positions
        .par_chunks(CHUNK)
        .zip(from.areas.par_chunks(CHUNK))
        .flat_map_iter(|(positions, areas)| {
            let mut guess = None;
            let tree = &tree;
            positions.iter().zip(areas).map(move |(&position, &area)| {
                let (distance, triangle) = tree.nearest(position, guess);
                guess = triangle;
                (distance, area)
            })
        })
        .collect();
    Distribution::new(steps)
}
