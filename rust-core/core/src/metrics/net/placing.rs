//! Vertices at flat faces are placed upon them, and where faces meet upon the edge or into the corner.

use super::{
    super::box_tree::Point,
    extent::Extent,
    flat::{Face, faces},
    mesh::{Net, Offset, PerVertex, kept},
    plane::Plane,
    relax::FARTHEST,
    walk::{Site, Walk},
};
use crate::vectors::{along, cross, dot, length, minus};

/// So many rings around what is certain of a face a vertex may still lie on it: more than a cube is long.
const RINGS: usize = 3;

/// A place is on a surface that is no farther away, in voxels.
const ON_IT: f64 = 0.02;

/// Of faces that meet at smaller angles, no edge or corner is sought: the sine, and for three faces what they span.
const LEAST_ANGLE: f64 = 0.1;
const LEAST_SPAN: f64 = 0.05;

/// How often a place is drawn to a plane and back into its cube.
const DRAWN: usize = 30;

/// The vertices that have a better place, and how far that is from the middle of their cubes.
pub(super) fn placed(net: &Net, ranks: &PerVertex<[u16; 4]>, extent: Extent) -> Vec<(Site, Offset)> {
    let mut walk = Walk::new(net, ranks);
    let faces = faces(net, extent, &mut walk);
    let mut near: Vec<(Site, u32)> = Vec::new();
    for (face, n) in faces.iter().zip(0..) {
        near.extend(walk.around(&face.sites, RINGS).into_iter().map(|site| (site, n)));
    }
    near.sort_unstable();
    let better = |near: &[(Site, u32)]| {
        let site = near[0].0;
        let faces: Vec<&Face> = near.iter().map(|(_, n)| &faces[*n as usize]).collect();
        let middle = walk.middle(site);
        place(&walk, site, &faces).map(|place| (site, kept(minus(place, middle))))
    };
    near.chunk_by(|a, b| a.0 == b.0).filter_map(better).collect()
}

/// Where the vertex lies on these faces, of as many as agree with the voxels around it: the place that is nearest.
fn place(walk: &Walk<'_>, site: Site, faces: &[&Face]) -> Option<Point> {
    let was = walk.place(site);
    let far = |p: &Point| length(minus(*p, was));
    (1..=3).rev().find_map(|count| {
        let solids = choices(faces, count).into_iter().filter_map(|faces| Solid::of(&faces));
        let agreeing = solids.filter(|solid| walk.agrees(site, |p| solid.distance(p)));
        agreeing.filter_map(|solid| solid.place(walk.middle(site), was)).min_by(|a, b| far(a).total_cmp(&far(b)))
    })
}

/// All choices of so many things.
fn choices<T: Copy>(of: &[T], count: usize) -> Vec<Vec<T>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let with = |(n, &last): (usize, &T)| {
        let others = choices(&of[..n], count - 1);
        others.into_iter().map(move |others| others.into_iter().chain([last]).collect())
    };
    of.iter().enumerate().flat_map(with).collect()
}

/// What is behind all of up to three planes, or behind any of them.
struct Solid {
    planes: Vec<Plane>,
    behind_all: bool,
}

impl Solid {
    /// `None` for faces of which some meet in a ridge and others in a valley.
    fn of(faces: &[&Face]) -> Option<Self> {
        let pairs = faces.iter().enumerate().flat_map(|(n, a)| faces[..n].iter().flat_map(move |b| [(a, b), (b, a)]));
        let mut ridges = pairs.map(|(a, b)| a.plane.distance(b.middle) < 0.0);
        let behind_all = ridges.next().unwrap_or(true);
        let alike = ridges.all(|ridge| ridge == behind_all);
        alike.then(|| Self { planes: faces.iter().map(|face| face.plane).collect(), behind_all })
    }

    /// Negative inside. On the surface it is zero, elsewhere not always the distance.
    fn distance(&self, p: Point) -> f64 {
        let distances = self.planes.iter().map(|plane| plane.distance(p));
        if self.behind_all {
            distances.fold(f64::NEG_INFINITY, f64::max)
        } else {
            distances.fold(f64::INFINITY, f64::min)
        }
    }

    /// The corner if it lies in this cube, else what of an edge does, else what of a face does: for the latter, near `was`.
    fn place(&self, middle: Point, was: Point) -> Option<Point> {
        let farthest = f64::from(FARTHEST);
        let corner = match self.planes[..] {
            [a, b, c] => corner(a, b, c),
            _ => None,
        };
        let pairs = self.planes.iter().enumerate().flat_map(|(n, a)| self.planes[..n].iter().map(move |b| (a, b)));
        let edges = pairs.filter_map(|(a, b)| on_edge(a, b, middle));
        let on_face = |plane: &Plane| {
            (0..DRAWN).fold(was, |p, _| {
                let p = plane.nearest(p);
                std::array::from_fn(|x| p[x].clamp(middle[x] - farthest, middle[x] + farthest))
            })
        };
        let inside = |p: &Point| (0..3).all(|x| (p[x] - middle[x]).abs() <= farthest + 1e-9);
        let all = corner.into_iter().chain(edges).chain(self.planes.iter().map(on_face));
        all.filter(inside).find(|p| self.distance(*p).abs() < ON_IT)
    }
}

/// The point that is on all three planes.
fn corner(a: Plane, b: Plane, c: Plane) -> Option<Point> {
    let across = [cross(b.normal, c.normal), cross(c.normal, a.normal), cross(a.normal, b.normal)];
    let span = dot(a.normal, across[0]);
    let sum = |x: usize| a.at * across[0][x] + b.at * across[1][x] + c.at * across[2][x];
    (span.abs() >= LEAST_SPAN).then(|| std::array::from_fn(|x| sum(x) / span))
}

/// The middle of what of the line that is on both planes lies in the cube.
fn on_edge(a: &Plane, b: &Plane, middle: Point) -> Option<Point> {
    let way = cross(a.normal, b.normal);
    let squared = dot(way, way);
    if squared < LEAST_ANGLE * LEAST_ANGLE {
        return None;
    }
    let (to_a, to_b, cosine) = (a.distance(middle), b.distance(middle), dot(a.normal, b.normal));
    let on_a = along(middle, a.normal, (cosine * to_b - to_a) / squared);
    let foot = along(on_a, b.normal, (cosine * to_a - to_b) / squared);
    let farthest = f64::from(FARTHEST);
    let (mut from, mut to) = (f64::NEG_INFINITY, f64::INFINITY);
    for x in 0..3 {
        // A line along the other axes is in all of the cube or in none: never or always, as divisions by zero say.
        let ends = [-farthest, farthest].map(|end| (middle[x] + end - foot[x]) / way[x]);
        from = from.max(ends[0].min(ends[1]));
        to = to.min(ends[0].max(ends[1]));
    }
    (from <= to).then(|| along(foot, way, f64::midpoint(from, to)))
}
