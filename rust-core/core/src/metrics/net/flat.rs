//! Flat faces of a net: those that one plane explains.
//!
//! A face that is nearly along the voxels, or nearly at 45 degrees to them, has steps that are farther apart than any
//! relaxing reaches. But its voxels, all together, leave a plane hardly any room: where no voxel of a face contradicts the
//! plane, and it can't be moved by more than [`MOST_ROOM`] without one that does, there it is the face. What is round is
//! contradicted by a voxel soon, so a ball has no flat faces; and the faces of a box along the axes, which could be moved
//! by a whole voxel, stay where they were relaxed to, in the middle.

use std::cell::Cell;

use super::{
    super::box_tree::Point,
    extent::Extent,
    hulls::halfway,
    mesh::Net,
    plane::Plane,
    walk::{Site, Walk},
};
use crate::vectors::{along, cross, dot, length, minus};

/// Vertices of the smallest region that is taken for a face, and half as many where the plane is certain.
const LEAST: usize = 60;

/// Voxels by which a plane may be moved.
const MOST_ROOM: f64 = 0.2;

/// Of so many cubes one is looked at as the beginning of a face.
const EVERY: u32 = 13;

/// Rings around the beginning from which the first guess of the plane is made: of a face they have 25 vertices.
const FIRST_RINGS: usize = 3;
const FIRST_LEAST: usize = 20;

/// How far in voxels vertices lie from their plane, as root mean square and at most.
const FIRST_SPREAD: f64 = 0.3;
const NEAR: f64 = 0.45;

/// So many of a region's cubes agree with the plane while it grows, and of the face in the end.
const SEEMS_FLAT: f64 = 0.7;
const IS_FLAT: f64 = 0.9;

/// A vertex that lay in so many regions that were no faces is no beginning any more. One is too few: from a bad beginning
/// near an edge a region reaches over a good face.
const TRIALS: u8 = 2;

/// A region reaches a little over the face's edges: by so many rings at most.
const OVER_THE_EDGE: usize = 4;

/// A face has so many rings around its middle: in the strips of a cylinder and of rounded edges there are fewer.
const LEAST_RINGS: usize = 8;

/// How often a region is grown anew around a better plane, and a plane is sought for what agrees with it.
const REGROWN: usize = 3;
const BETTERED: usize = 2;

pub(super) struct Face {
    /// The organ is behind it. In voxels.
    pub(super) plane: Plane,
    /// Those whose neighbours agree with the plane too.
    pub(super) sites: Vec<Site>,
    pub(super) middle: Point,
}

/// All flat faces.
pub(super) fn faces(net: &Net, extent: Extent, walk: &mut Walk<'_>) -> Vec<Face> {
    let mut faces = Vec::new();
    let mut left = net.per_vertex(&TRIALS);
    for seed in seeds(net, extent) {
        if *seed.of(&left) == 0 {
            continue;
        }
        let (region, seems_flat) = region(walk, seed);
        let mut take = |sites: &[Site], trials: u8| {
            for site in sites {
                let left = site.of_mut(&mut left);
                *left = left.saturating_sub(trials);
            }
        };
        take(&region, 1);
        take(&walk.around(&[seed], FIRST_RINGS), TRIALS);
        if let Some(face) = seems_flat.then(|| face_in(walk, &region)).flatten() {
            take(&walk.around(&face.sites, FIRST_RINGS), TRIALS);
            faces.push(face);
        }
    }
    faces
}

/// Where faces are sought, one after the other.
fn seeds(net: &Net, extent: Extent) -> Vec<Site> {
    let mut seeds = Vec::new();
    for k in 0..net.bits.shape[0] {
        net.for_cubes(k, |number, cube| {
            let place @ [a, b, c] = extent.place_of(cube);
            let sum = a + b + c;
            if (sum + a * b + b * c + c * a).is_multiple_of(EVERY) {
                seeds.push((sum, place, Site::new(k, number)));
            }
        });
    }
    seeds.sort_unstable();
    seeds.into_iter().map(|(.., site)| site).collect()
}

/// The vertices around a seed that lie near one plane, and whether that may be a face: as soon as it can't be, no more are
/// looked at.
fn region(walk: &mut Walk<'_>, seed: Site) -> (Vec<Site>, bool) {
    let first = walk.around(&[seed], FIRST_RINGS);
    let start = fitted(walk, &first, seed).filter(|(_, spread)| first.len() >= FIRST_LEAST && *spread <= FIRST_SPREAD);
    if start.is_none() {
        return (first, false);
    }
    let plane = Cell::new(start.map(|(plane, _)| plane));
    let near =
        |walk: &Walk<'_>, site: Site| plane.get().is_some_and(|plane| plane.distance(walk.place(site)).abs() <= NEAR);
    let fit = |walk: &Walk<'_>, sites: &[Site]| {
        let fitted = fitted(walk, sites, seed).map(|(plane, _)| plane);
        plane.set(fitted.filter(|plane| part_that_agrees(walk, sites, *plane) >= SEEMS_FLAT));
        plane.get().is_some()
    };
    let mut fitted_to = first.len();
    let go_on = |walk: &Walk<'_>, found: &[Site]| {
        found.len() < 2 * fitted_to || {
            fitted_to = found.len();
            fit(walk, found)
        }
    };
    let mut region = walk.rings(&[seed], go_on, near);
    for _ in 0..REGROWN {
        if region.len() < LEAST || !fit(walk, &region) {
            return (region, false);
        }
        let before = region.len();
        region = walk.connected(&[seed], near);
        if region.len() <= before + before / 10 {
            break;
        }
    }
    (region, true)
}

/// The face of which this region is, and may reach a little over its edges.
fn face_in(walk: &mut Walk<'_>, region: &[Site]) -> Option<Face> {
    let inner = walk.inner(region);
    let mut middle = inner.clone();
    let mut best = None;
    for ring in 1..=LEAST_RINGS {
        if ring <= OVER_THE_EDGE && best.is_none() {
            best = parting(walk, &middle).map(|found| (middle.clone(), found));
        }
        if ring < LEAST_RINGS {
            middle = walk.inner(&middle);
        }
    }
    let (mut core, found) = best.filter(|_| !middle.is_empty())?;
    let mut found = Some(found);
    for _ in 0..BETTERED {
        let (plane, _) = found?;
        let agreeing = walk.connected(&core, |walk, site| walk.agrees(site, |p| plane.distance(p)));
        core = walk.inner(&agreeing);
        found = parting(walk, &core);
    }
    let (plane, room) = found?;
    let middle = core.iter().fold([0.0; 3], |sum, site| along(sum, walk.place(*site), 1.0 / core.len() as f64));
    let is_face = room <= MOST_ROOM && part_that_agrees(walk, &inner, plane) >= IS_FLAT;
    is_face.then_some(Face { plane, sites: core, middle })
}

/// The plane that parts the voxels inside from those outside, and how far it could be moved.
fn parting(walk: &Walk<'_>, core: &[Site]) -> Option<(Plane, f64)> {
    if core.len() < LEAST / 2 {
        return None;
    }
    let [inside, outside] = walk.voxels_around(core);
    halfway(&inside, &outside)
}

fn part_that_agrees(walk: &Walk<'_>, sites: &[Site], plane: Plane) -> f64 {
    let agreeing = sites.iter().filter(|site| walk.agrees(**site, |p| plane.distance(p))).count();
    agreeing as f64 / sites.len() as f64
}

/// The plane from which the vertices are least far, and how far they are, as root mean square. What is inside around
/// `seed` is behind it. `None` for vertices on a line.
fn fitted(walk: &Walk<'_>, sites: &[Site], seed: Site) -> Option<(Plane, f64)> {
    let count = sites.len() as f64;
    let mean = sites.iter().fold([0.0; 3], |sum, site| along(sum, walk.place(*site), 1.0 / count));
    let mut spread = [[0.0; 3]; 3];
    for site in sites {
        let way = minus(walk.place(*site), mean);
        spread = std::array::from_fn(|x| along(spread[x], way, way[x] / count));
    }
    // In the adjugate the direction of least spread has the largest part, and in its powers nothing else is left.
    let [a, b, c] = spread;
    let mut power = [cross(b, c), cross(c, a), cross(a, b)];
    for _ in 0..6 {
        let largest = power.iter().flatten().fold(0.0, |largest: f64, x| largest.max(x.abs()));
        if largest <= f64::MIN_POSITIVE {
            return None;
        }
        let scaled = power.map(|row| row.map(|x| x / largest));
        power = scaled.map(|row| std::array::from_fn(|x| dot(row, scaled.map(|other| other[x]))));
    }
    let way = power.into_iter().max_by(|a, b| length(*a).total_cmp(&length(*b)))?;
    let plane = Plane::through(mean, way);
    let outwards: f64 = walk.voxels(seed).map(|(p, inside)| plane.distance(p) * if inside { -1.0 } else { 1.0 }).sum();
    let squared = dot(plane.normal, spread.map(|row| dot(row, plane.normal)));
    let plane = if outwards < 0.0 { Plane { normal: plane.normal.map(|x| -x), at: -plane.at } } else { plane };
    Some((plane, squared.max(0.0).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        mask::{Mask, VoxelBox},
        metrics::lattice::Boxed,
    };

    const SHAPE: [usize; 3] = [52; 3];
    const MIDDLE: Point = [25.9, 26.4, 26.3];

    /// Planes of the faces of what has a negative distance, from the middle.
    fn planes(distance: impl Fn(Point) -> f64) -> Vec<Plane> {
        let mask = Mask::from_fn(SHAPE, |at| distance(std::array::from_fn(|x| at[x] as f64 - MIDDLE[x])) <= 0.0);
        let net = Net::of(&Boxed::new(&mask, VoxelBox { min: [0; 3], max: SHAPE }), [1.0; 3]);
        let ranks = net.ranks();
        let faces = faces(&net, Extent::of(&net), &mut Walk::new(&net, &ranks));
        let from_middle = |plane: Plane| Plane { at: plane.at - dot(plane.normal, MIDDLE), ..plane };
        faces.into_iter().map(|face| from_middle(face.plane)).collect()
    }

    fn turned([k, j, i]: Point) -> Point {
        let (k, j) = (0.9 * k - 0.19_f64.sqrt() * j, 0.19_f64.sqrt() * k + 0.9 * j);
        [k, 0.6 * j - 0.8 * i, 0.8 * j + 0.6 * i]
    }

    fn cuboid(half: Point) -> impl Fn(Point) -> f64 {
        move |p| (0..3).map(|x| p[x].abs() - half[x]).fold(f64::NEG_INFINITY, f64::max)
    }

    #[test]
    fn a_turned_box_has_six_faces_where_they_are() {
        let half = [15.0, 12.0, 17.0];
        let found = planes(|p| cuboid(half)(turned(p)));
        assert_eq!(found.len(), 6, "{found:?}");
        for plane in found {
            let normal = turned(plane.normal);
            let axis = (0..3).max_by(|a, b| normal[*a].abs().total_cmp(&normal[*b].abs())).expect("three");
            assert!(normal[axis].abs() > 0.9999, "{normal:?}");
            assert!((plane.at - half[axis]).abs() < 0.05, "{plane:?} is not {} away", half[axis]);
        }
    }

    #[test]
    fn what_is_round_has_no_flat_faces() {
        assert!(planes(|p| length(p) - 20.0).is_empty());
        assert!(planes(|p| turned(p)[1].hypot(turned(p)[0].hypot(turned(p)[2]) - 14.0) - 8.0).is_empty());
        let capsule = |[k, j, i]: Point| length([k - k.clamp(-10.0, 10.0), j, i]) - 12.0;
        assert!(planes(capsule).is_empty() && planes(|p| capsule(turned(p))).is_empty());
    }

    #[test]
    fn a_face_that_may_be_anywhere_in_a_voxel_is_left_alone() {
        assert!(planes(cuboid([12.0, 17.0, 15.0])).is_empty());
    }
}
