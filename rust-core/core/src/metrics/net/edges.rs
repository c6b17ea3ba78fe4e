//! Vertices at edges where curved pieces of surface meet are placed where these, continued, meet.
//!
//! A patch or a face ends before an edge, and relaxing blunts what is between. Where the vertices around one that lies
//! neither on a patch nor on a face fall into two or three pieces that do, each piece is continued by a quadratic height
//! through its vertices. If what is behind all of these, or behind any, has the voxels around on their sides, the vertex
//! goes to where they meet.

use rayon::prelude::*;

use super::{
    super::box_tree::Point,
    height::{Height, Known},
    mesh::{Net, Offset, PerVertex, kept},
    plane::Plane,
    region::{Member, Region, Seed, axes, outwards_of},
    solid::Solid,
    walk::{Site, voxels_of},
};
use crate::vectors::{along, dot, length, minus};

/// So far around a vertex pieces are looked for, and so near there is one, in units: the edge of a cube that is as large
/// as a voxel.
const REACH: f64 = 5.5;
const NEAR: f64 = 3.0;

/// A voxel may be so far on the wrong side, as no continuation is exact.
const MOST_WRONG: f64 = 0.1;

/// Vertices of the smallest piece that is continued.
const LEAST: usize = 12;

/// The vertices that have a better place, and how far that is from the middle of their cubes. Those that are `settled` lie
/// on patches or faces.
pub(super) fn sharpened(net: &Net, settled: &PerVertex<bool>) -> Vec<(Site, Offset)> {
    let of_slice = |region: &mut Region, k: usize| {
        let mut found = Vec::new();
        net.for_cubes(k, |number, cube| {
            if !settled[k][number] {
                let seed = Seed { site: Site::new(k, number), cube };
                found.extend(better(net, settled, region, seed).map(|offset| (seed.site, offset)));
            }
        });
        found
    };
    (0..net.bits.shape[0]).into_par_iter().map_init(Region::default, of_slice).collect::<Vec<_>>().concat()
}

/// The place where the pieces around a vertex meet. Places are in voxels from where it was.
fn better(net: &Net, settled: &PerVertex<bool>, region: &mut Region, seed: Seed) -> Option<Offset> {
    let (site, unit) = (seed.site, net.unit());
    region.gather(net, seed, REACH * unit);
    region.members.retain(|member| *member.site.of(settled));
    if !region.members.iter().any(|member| length(member.way) <= NEAR * unit) {
        return None;
    }
    let pieces = pieces(&region.members);
    if !(2..=3).contains(&pieces.len()) {
        return None;
    }
    let face = |piece: &Vec<Member>| {
        let sum = piece.iter().fold([0.0; 3], |sum, member| along(sum, member.way, 1.0));
        let mean = std::array::from_fn(|x| sum[x] / piece.len() as f64 / net.spacing[x]);
        Some((continued(net, piece, REACH * unit)?, mean))
    };
    let mut faces: Vec<(Plane, Point)> = pieces.iter().map(face).collect::<Option<_>>()?;
    // The nearest first, so that the order of the axes makes no difference.
    faces.sort_by(|(a, _), (b, _)| a.at.abs().total_cmp(&b.at.abs()));
    let solid = Solid::of(&faces)?;
    let middle = net.offset(site.k(), site.number()).map(|x| -x);
    let from_was = |voxel: Point| std::array::from_fn(|x| voxel[x] - (seed.cube[x] as f64 - 0.5) + middle[x]);
    let mut voxels = voxels_of(seed.cube, net.code(site.k(), site.number()));
    let right = |(voxel, inside)| solid.distance(from_was(voxel)) * if inside { -1.0 } else { 1.0 };
    if !voxels.all(|voxel| right(voxel) >= -MOST_WRONG) {
        return None;
    }
    solid.place(middle, [0.0; 3]).map(|place| kept(minus(place, middle)))
}

/// The members that are joined with each other, of as many as are enough to be continued.
fn pieces(members: &[Member]) -> Vec<Vec<Member>> {
    // As they were gathered, they are in order of their cubes.
    let at = |cube: [usize; 3]| members.binary_search_by_key(&cube, |member| member.cube).ok();
    let mut left = vec![true; members.len()];
    let mut pieces = Vec::new();
    for first in 0..members.len() {
        if !std::mem::take(&mut left[first]) {
            continue;
        }
        let (mut piece, mut next) = (vec![first], 0);
        while next < piece.len() {
            let member = members[piece[next]];
            next += 1;
            for n in (0..6).filter(|n| Net::links(member.code) >> n & 1 == 1) {
                let mut cube = member.cube;
                cube[n / 2] = cube[n / 2] + 2 * (n % 2) - 1;
                if let Some(other) = at(cube).filter(|other| std::mem::take(&mut left[*other])) {
                    piece.push(other);
                }
            }
        }
        if piece.len() >= LEAST {
            pieces.push(piece.into_iter().map(|n| members[n]).collect());
        }
    }
    pieces
}

/// The plane, in voxels, that touches a piece's continuation at the origin.
fn continued(net: &Net, piece: &[Member], reach: f64) -> Option<Plane> {
    let axes = axes(outwards_of(piece, net.spacing)?);
    let mut known = Known::default();
    for member in piece {
        let [u, v, z] = axes.map(|axis| dot(axis, member.way));
        known.add_place([u / reach, v / reach, z]);
    }
    let height = Height::through(&known, reach)?;
    let [a, b] = height.slopes(0.0, 0.0);
    // In mm across the tangential plane; in voxels each axis counts as often as a voxel is long.
    let across: Point = std::array::from_fn(|x| (axes[2][x] - a * axes[0][x] - b * axes[1][x]) * net.spacing[x]);
    Some(Plane { normal: across.map(|x| x / length(across)), at: height.at(0.0, 0.0) / length(across) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        mask::{Mask, VoxelBox},
        metrics::lattice::Boxed,
    };

    fn turned([k, j, i]: Point) -> Point {
        let (k, j) = (0.8 * k - 0.6 * j, 0.6 * k + 0.8 * j);
        [k, 0.9 * j - 0.19_f64.sqrt() * i, 0.19_f64.sqrt() * j + 0.9 * i]
    }

    #[test]
    fn the_edges_of_a_turned_cylinder_are_where_they_are() {
        let middle = [31.7, 32.2, 31.9];
        // Behind both of its surfaces, and how far from where they meet.
        let from_surfaces = |p: Point| {
            let [k, j, i] = turned(minus(p, middle));
            let (cap, side) = (k.abs() - 14.0, j.hypot(i) - 16.0);
            (cap.max(side), cap.hypot(side))
        };
        let shape = [64; 3];
        let mask = Mask::from_fn(shape, |at| from_surfaces(at.map(|x| x as f64)).0 <= 0.0);
        let net = Net::of(&Boxed::new(&mask, VoxelBox { min: [0; 3], max: shape }), [1.0; 3]);
        let (mut count, mut squared) = (0.0, 0.0);
        for k in 0..net.bits.shape[0] {
            net.for_cubes(k, |number, cube| {
                let (off, from_edge) = from_surfaces(net.position(number, cube).map(|x| x - 0.5));
                if from_edge < 1.0 {
                    (count, squared) = (count + 1.0, squared + off * off);
                }
            });
        }
        let root_mean_square: f64 = f64::sqrt(squared / count);
        assert!(count > 200.0 && root_mean_square < 0.06, "{count} vertices are off by {root_mean_square:.3}");
    }
}
