//! What up to three planes part from the rest, near where they meet.

use super::{super::box_tree::Point, plane::Plane, relax::FARTHEST};
use crate::vectors::{along, cross, dot};

/// A place is on a surface that is no farther away, in voxels.
const ON_IT: f64 = 0.02;

/// Of faces that meet at smaller angles, no edge or corner is sought: the sine, and for three faces what they span.
const LEAST_ANGLE: f64 = 0.1;
const LEAST_SPAN: f64 = 0.05;

/// How often a place is drawn to a plane and back into its cube.
const DRAWN: usize = 30;

/// What is behind all of up to three planes, or behind any of them.
pub(super) struct Solid {
    planes: Vec<Plane>,
    behind_all: bool,
}

impl Solid {
    /// Of faces, each with its plane and its middle; `None` where some meet in a ridge and others in a valley.
    pub(super) fn of(faces: &[(Plane, Point)]) -> Option<Self> {
        let pairs = faces.iter().enumerate().flat_map(|(n, a)| faces[..n].iter().flat_map(move |b| [(a, b), (b, a)]));
        let mut ridges = pairs.map(|((plane, _), (_, middle))| plane.distance(*middle) < 0.0);
        let behind_all = ridges.next().unwrap_or(true);
        let alike = ridges.all(|ridge| ridge == behind_all);
        alike.then(|| Self { planes: faces.iter().map(|(plane, _)| *plane).collect(), behind_all })
    }

    /// Negative inside. On the surface it is zero, elsewhere not always the distance.
    pub(super) fn distance(&self, p: Point) -> f64 {
        let distances = self.planes.iter().map(|plane| plane.distance(p));
        if self.behind_all {
            distances.fold(f64::NEG_INFINITY, f64::max)
        } else {
            distances.fold(f64::INFINITY, f64::min)
        }
    }

    /// The corner if it lies in this cube, else what of an edge does, else what of a face does: for the latter, near `was`.
    pub(super) fn place(&self, middle: Point, was: Point) -> Option<Point> {
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
