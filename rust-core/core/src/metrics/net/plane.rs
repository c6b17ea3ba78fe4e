//! Planes that part a net's inside from its outside.

use super::super::box_tree::Point;
use crate::vectors::{along, dot, length};

/// All points `p` with `dot(normal, p) == at`; the normal has a length of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plane {
    pub(super) normal: Point,
    pub(super) at: f64,
}

impl Plane {
    /// Through a point, across a way that has a length.
    pub(super) fn through(p: Point, way: Point) -> Self {
        let long = length(way);
        let normal = way.map(|x| x / long);
        Self { normal, at: dot(normal, p) }
    }

    /// From the plane to a point, negative behind.
    pub(super) fn distance(&self, p: Point) -> f64 {
        dot(self.normal, p) - self.at
    }

    /// The nearest point of the plane.
    pub(super) fn nearest(&self, p: Point) -> Point {
        along(p, self.normal, -self.distance(p))
    }
}
