//! What is done with points and ways in space.

use super::super::box_tree::Point;

pub(super) fn dot(a: Point, b: Point) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(super) fn length(a: Point) -> f64 {
    dot(a, a).sqrt()
}

pub(super) fn minus(a: Point, b: Point) -> Point {
    std::array::from_fn(|x| a[x] - b[x])
}

/// From `a` by so much of `way`.
pub(super) fn along(a: Point, way: Point, part: f64) -> Point {
    std::array::from_fn(|x| a[x] + part * way[x])
}

pub(super) fn cross(a: Point, b: Point) -> Point {
    std::array::from_fn(|x| {
        let (y, z) = ((x + 1) % 3, (x + 2) % 3);
        a[y] * b[z] - a[z] * b[y]
    })
}

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
