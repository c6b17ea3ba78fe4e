//! How the vertices of a net find their place: they go forth to the mean of their neighbours and back by nearly as much,
//! so that the surface becomes smooth and does not shrink (G. Taubin, "A signal processing approach to fair surface
//! design", SIGGRAPH 1995).

use rayon::prelude::*;

use super::mesh::{Around, Net, Offset, PerVertex, STEPS, Vertex};

/// How often vertices are moved.
const ROUNDS: usize = 120;

/// The part of the way to the mean of their neighbours that vertices go, in turn.
const FACTORS: [f32; 2] = [0.6, -0.5];

/// How far vertices may move on each axis, in voxels. A little less than half: the net of a single voxel must not
/// shrink to a point without area.
const FARTHEST: f32 = 0.4;

/// Offsets of all vertices from the middle of their cubes.
pub(super) fn relaxed(net: &Net) -> PerVertex<Offset> {
    let ranks = net.ranks();
    let mut places: PerVertex<Offset> = net.per_vertex(&[0; 3]);
    let mut next = places.clone();
    for round in 0..ROUNDS {
        let factor = FACTORS[round % 2];
        next.par_iter_mut().enumerate().for_each(|(k, next)| {
            let places = Around::new(&places, k);
            net.for_vertices(k, &ranks, |vertex| {
                let own = places.own(&vertex);
                let way = way_to_mean(&vertex, &places);
                next[vertex.number] = std::array::from_fn(|x| {
                    let place = f32::from(own[x]) + factor * way[x];
                    place.clamp(-FARTHEST * STEPS, FARTHEST * STEPS).round_ties_even() as i16
                });
            });
        });
        std::mem::swap(&mut places, &mut next);
    }
    places
}

/// From a vertex to the mean of its neighbours, in [`STEPS`] of a voxel. Whole numbers are added, so that neither the
/// order of the axes nor that of the neighbours matters.
#[inline]
fn way_to_mean(vertex: &Vertex, offsets: &Around<'_, Offset>) -> [f32; 3] {
    let own = offsets.own(vertex).map(i32::from);
    let mut sum = [0; 3];
    for n in 0..6 {
        let offset = offsets.neighbour(vertex, n);
        (0..3).for_each(|x| sum[x] += i32::from(offset[x]) - own[x]);
    }
    let link = |n: usize| i32::from(vertex.links >> n & 1);
    let count = vertex.links.count_ones() as f32;
    std::array::from_fn(|x| (sum[x] + (link(2 * x + 1) - link(2 * x)) * STEPS as i32) as f32 / count)
}
