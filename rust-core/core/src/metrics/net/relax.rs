//! How the vertices of a net find their place.
//!
//! Of all nets whose vertices stay within half a voxel of the middle of their cube on each axis, one is sought that bends
//! little: that has a small sum of log(1 + |L|^2 / s^2), where L is the way from a vertex to the mean of its neighbours
//! (the loss of Cauchy, as in robust statistics). Where the surface bends less than *s*, that is the bending energy of
//! thin plates: planes become planes, balls are not shrunk, and where the voxels leave no doubt the net goes where they
//! say. Where it bends more, a sharper bend costs little more: edges stay edges.
//!
//! Found by projected gradients with momentum (Y. Nesterov, "A method of solving a convex programming problem with
//! convergence rate O(1/k^2)", 1983), and iteratively reweighted least squares. All sums are of whole numbers, so that
//! neither the order of the axes nor that of the neighbours matters.

use rayon::prelude::*;

use super::{
    super::box_tree::Point,
    mesh::{Around, Net, Offset, PerVertex, STEPS, Vertex},
};

/// How often vertices are moved. More rounds change little where patches are found.
const ROUNDS: usize = 50;

/// From this round on, and every so often, it is looked how sharply each vertex bends; until then all weigh the same.
const WEIGH_FROM: usize = 20;
const WEIGH_EVERY: usize = 10;

/// Gradient step; L L has no eigenvalue above 4, so this is the longest that is safe.
const STEP: f32 = 0.25;

/// The part of the way to the middle of its cube by which a vertex is drawn back each time. The voxels of a face along the
/// axes do not say where between them it lies: without it faces bulge. More of it brings the steps of the voxels back.
const PULL: f32 = 0.0004;

/// How far vertices may move on each axis, in voxels: not quite half of one, lest a quadrilateral shrinks to a point.
pub(super) const FARTHEST: f32 = 0.495;

/// Curvature in 1/mm above which a bend is more likely an edge than round: twice that of a ball of 7 mm, less than which
/// no net of voxels of 1 mm follows.
const SHARP_PER_MM: f64 = 0.15;

/// On finer voxels than these, in mm, an edge is what bends as much from vertex to vertex as on these.
const FINEST_MM: f64 = 1.0;

/// What a bend at an edge still costs, beside 1 elsewhere.
const LEAST_WEIGHT: f64 = 0.01;

/// Steps of a voxel in which bends, and places that the momentum overshoots, are kept: less than two voxels on each axis.
const WIDE_STEPS: f32 = 16_383.0;

/// Steps in which weights are kept.
const WEIGHT_STEPS: f32 = 255.0;

/// Steps of a mm in which lengths are added.
const LENGTH_STEPS: f64 = 1_048_576.0;

type Vector = [f32; 3];

/// Of 2^23 and above, single precision has no fractions: what is added to this is rounded, and its last bits are the
/// number in two's complement. The processors that we build for have no instruction that rounds.
const ROUND: f32 = 12_582_912.0;

/// What is longer than 16 bits hold is cut: so far no vertex goes.
#[inline]
fn kept(vector: Vector, steps: f32) -> Offset {
    const LONGEST: f32 = i16::MAX as f32;
    vector.map(|x| ((x * steps).clamp(-LONGEST, LONGEST) + ROUND).to_bits() as i16)
}

fn vector(kept: Offset, steps: f32) -> Vector {
    kept.map(|x| f32::from(x) * (1.0 / steps))
}

/// Offsets of all vertices from the middle of their cubes, along axes on which the mask is not thin.
pub(super) fn relaxed(net: &Net, ranks: &PerVertex<[u16; 4]>, thin: [bool; 3]) -> PerVertex<Offset> {
    let mut places: PerVertex<Offset> = net.per_vertex(&[0; 3]);
    // Where the momentum takes the vertices.
    let mut ahead: PerVertex<Offset> = net.per_vertex(&[0; 3]);
    let mut bends: PerVertex<Offset> = net.per_vertex(&[0; 3]);
    let certain = certain_edges(net, ranks);
    // Turning costs nothing there, from first to last.
    let weigh = |edges: &Vec<bool>| edges.iter().map(|&edge| if edge { 0 } else { u8::MAX }).collect();
    let mut weights: PerVertex<u8> = certain.iter().map(weigh).collect();
    drop(certain);
    let farthest = thin.map(|is_thin| if is_thin { 0.0 } else { FARTHEST });
    let mut time = 1.0_f32;
    for round in 0..ROUNDS {
        let weigh_now = round >= WEIGH_FROM && round % WEIGH_EVERY == 0;
        bends.par_iter_mut().zip(&mut weights).enumerate().for_each(|(k, (bends, weights))| {
            let ahead = Around::new(&ahead, k);
            net.for_vertices(k, ranks, |vertex| {
                let (bend, weight) = (bend_at(&vertex, &ahead), &mut weights[vertex.number]);
                if weigh_now && *weight > 0 {
                    let cost = weight_of(&vertex, bend, &ahead, net.spacing);
                    *weight = (cost * f64::from(WEIGHT_STEPS)).round() as u8;
                }
                bends[vertex.number] = kept(bend, WIDE_STEPS / WEIGHT_STEPS * f32::from(*weight));
            });
        });
        let next_time = f32::midpoint(1.0, (1.0 + 4.0 * time * time).sqrt());
        let momentum = (time - 1.0) / next_time;
        time = next_time;
        places.par_iter_mut().zip(&mut ahead).enumerate().for_each(|(k, (places, ahead))| {
            let bends = Around::new(&bends, k);
            net.for_vertices(k, ranks, |vertex| {
                let gradient = mean_way(&vertex, &bends);
                let (place, ahead) = (&mut places[vertex.number], &mut ahead[vertex.number]);
                let was = vector(*place, STEPS);
                let from = vector(*ahead, WIDE_STEPS);
                let now: Vector = std::array::from_fn(|x| {
                    (from[x] * (1.0 - PULL) - STEP * gradient[x]).clamp(-farthest[x], farthest[x])
                });
                *place = kept(now, STEPS);
                *ahead = kept(std::array::from_fn(|x| now[x] + momentum * (now[x] - was[x])), WIDE_STEPS);
            });
        });
    }
    places
}

/// Edges that are seen in the voxels: where the surface turns after two voxels or more on one axis and goes on for two or
/// more on another. The voxels of a plane, however it is turned, never do that: one of the two is always a single voxel.
fn certain_edges(net: &Net, ranks: &PerVertex<[u16; 4]>) -> PerVertex<bool> {
    let collect = |look: &(dyn Fn(usize, &Vertex) -> bool + Sync)| -> PerVertex<bool> {
        let slices = net.per_vertex(&false).into_par_iter().enumerate();
        let fill = |(k, mut slice): (usize, Vec<bool>)| {
            net.for_vertices(k, ranks, |vertex| slice[vertex.number] = look(k, &vertex));
            slice
        };
        slices.map(fill).collect()
    };
    let pairs = |vertex: &Vertex, axis: usize| vertex.links >> (2 * axis) & 3;
    let turns = |vertex: &Vertex| (0..3).any(|axis| matches!(pairs(vertex, axis), 1 | 2));
    let flat = collect(&|_, vertex| !turns(vertex));
    // Where the surface goes straight on for two more vertices, of which one may be beside the edge.
    let calm = collect(&|k, vertex| {
        let flat = Around::new(&flat, k);
        flat.own(vertex) && vertex.linked().filter(|&n| !flat.neighbour(vertex, n)).count() <= 1
    });
    let alone = |vertex: &Vertex, n: usize| matches!(pairs(vertex, n / 2), 1 | 2);
    let edges = collect(&|k, vertex| {
        let calm = Around::new(&calm, k);
        turns(vertex) && vertex.linked().all(|n| !alone(vertex, n) || calm.neighbour(vertex, n))
    });
    drop(calm);
    // The last vertex of an edge before a corner: the next edge is as near, so nothing beside is calm.
    let edges = collect(&|k, vertex| {
        let (flat, edges) = (Around::new(&flat, k), Around::new(&edges, k));
        let goes_on = || vertex.linked().any(|n| !alone(vertex, n) && edges.neighbour(vertex, n));
        let beside = || vertex.linked().all(|n| !alone(vertex, n) || flat.neighbour(vertex, n));
        edges.own(vertex) || turns(vertex) && beside() && goes_on()
    });
    // Where edges meet.
    collect(&|k, vertex| {
        let edges = Around::new(&edges, k);
        edges.own(vertex) || turns(vertex) && vertex.linked().all(|n| edges.neighbour(vertex, n))
    })
}

/// One divided by the number of linked neighbours, of which there are two at least.
const PART: [f32; 7] = [0.0, 1.0, 1.0 / 2.0, 1.0 / 3.0, 1.0 / 4.0, 1.0 / 5.0, 1.0 / 6.0];

fn part(vertex: &Vertex) -> f32 {
    PART[vertex.links.count_ones() as usize]
}

/// From a vertex to the mean of its neighbours, in voxels.
#[inline]
fn bend_at(vertex: &Vertex, offsets: &Around<'_, Offset>) -> Vector {
    let (way, link) = (mean_way(vertex, offsets), |n: usize| f32::from(vertex.links >> n & 1));
    std::array::from_fn(|x| way[x] + (link(2 * x + 1) - link(2 * x)) * part(vertex))
}

/// From a vertex's value to the mean of its neighbours': of bends, the way in which the sum of their squares grows.
#[inline]
fn mean_way(vertex: &Vertex, values: &Around<'_, Offset>) -> Vector {
    let own = values.own(vertex).map(i32::from);
    let mut sum = [0; 3];
    for n in 0..6 {
        let value = values.neighbour(vertex, n);
        (0..3).for_each(|x| sum[x] += i32::from(value[x]) - own[x]);
    }
    sum.map(|x| x as f32 * (part(vertex) / WIDE_STEPS))
}

/// Along its axis, where neighbour n is.
fn direction(n: usize) -> f64 {
    if n.is_multiple_of(2) { -1.0 } else { 1.0 }
}

/// What the bend at a vertex costs.
fn weight_of(vertex: &Vertex, bend: Vector, offsets: &Around<'_, Offset>, spacing: Point) -> f64 {
    let own = offsets.own(vertex).map(f64::from);
    let length = |way: Point| {
        // The smallest first, so that the order of the axes can't decide what is an edge.
        let mut squares: Point = std::array::from_fn(|x| (way[x] * spacing[x]).powi(2));
        squares.sort_unstable_by(f64::total_cmp);
        squares.iter().sum::<f64>().sqrt()
    };
    let distances = vertex.linked().map(|n| {
        let other = offsets.neighbour(vertex, n);
        let mut way: Point = std::array::from_fn(|x| (f64::from(other[x]) - own[x]) / f64::from(WIDE_STEPS));
        way[n / 2] += direction(n);
        (length(way) * LENGTH_STEPS) as u64
    });
    let distance = distances.sum::<u64>() as f64 / LENGTH_STEPS / f64::from(vertex.links.count_ones());
    // Of a surface of curvature c, |L| is c distance^2 / 2.
    let sharp = SHARP_PER_MM * distance * distance.max(FINEST_MM);
    let sharpness = length(bend.map(f64::from)) / sharp;
    LEAST_WEIGHT + (1.0 - LEAST_WEIGHT) / (1.0 + sharpness * sharpness)
}
