//! Solids whose distances are known in closed form. All of them look the same from behind: `distance(-p) == distance(p)`.

use std::f64::consts::PI;

use tmli_core::Mask;

/// In mm, along slices, rows and columns.
pub(crate) type Point = [f64; 3];

/// Points of a surface are so many on each mm^2.
const POINTS_PER_MM2: f64 = 25.0;

/// By this angle each next point of a spiral is turned, so that every point stands for the same area.
const GOLDEN_ANGLE: f64 = 2.399_963_229_728_653;

/// Whole multiples of these two, modulo one, cover a square evenly (M. Roberts, "The unreasonable effectiveness of
/// quasirandom sequences", 2018): 1 / x and 1 / x^2 of x^3 = x + 1.
const PARTS: [f64; 2] = [0.754_877_666_246_692_8, 0.569_840_290_998_053_3];

pub(crate) fn length(p: Point) -> f64 {
    p.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// With its middle at the origin and its axis along the slices; in mm.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    Ball { radius: f64 },
    Shell { inner: f64, outer: f64 },
    Cuboid { half: Point },
    Capsule { half_length: f64, radius: f64 },
    Cylinder { half_length: f64, radius: f64 },
    Torus { radius: f64, tube: f64 },
}

impl Shape {
    /// To the surface in mm, negative inside.
    pub(crate) fn distance(&self, p: Point) -> f64 {
        let [k, j, i] = p;
        let cuboid = |half: Point, p: Point| {
            let q: Point = std::array::from_fn(|x| p[x].abs() - half[x]);
            length(q.map(|x| x.max(0.0))) + q.into_iter().fold(f64::NEG_INFINITY, f64::max).min(0.0)
        };
        match *self {
            Self::Ball { radius } => length(p) - radius,
            Self::Shell { inner, outer } => (length(p) - outer).max(inner - length(p)),
            Self::Cuboid { half } => cuboid(half, p),
            Self::Capsule { half_length, radius } => length([k - k.clamp(-half_length, half_length), j, i]) - radius,
            Self::Cylinder { half_length, radius } => cuboid([half_length, radius, 1e9], [k, j.hypot(i), 0.0]),
            Self::Torus { radius, tube } => k.hypot(j.hypot(i) - radius) - tube,
        }
    }

    /// Points of the surface, each of which stands for the same area.
    pub(crate) fn points(&self) -> Vec<Point> {
        match *self {
            Self::Ball { radius } => ball_points(radius),
            Self::Shell { inner, outer } => [ball_points(inner), ball_points(outer)].concat(),
            Self::Cuboid { half } => (0..3).flat_map(|axis| face_points(half, axis)).collect(),
            Self::Capsule { half_length, radius } => {
                let caps = ball_points(radius).into_iter().map(|[k, j, i]| [k + half_length.copysign(k), j, i]);
                caps.chain(side_points(half_length, radius)).collect()
            }
            Self::Cylinder { half_length, radius } => {
                let discs = [-half_length, half_length].into_iter().flat_map(|k| {
                    spiral(PI * radius.powi(2), move |part, angle| around(k, radius * part.sqrt(), angle))
                });
                discs.chain(side_points(half_length, radius)).collect()
            }
            Self::Torus { radius, tube } => spiral(4.0 * PI * PI * radius * tube, |part, angle| {
                // The outside of the tube is longer than the inside: Kepler's equation.
                let turn = (0..40).fold(0.0, |v: f64, _| 2.0 * PI * part - tube / radius * v.sin());
                around(tube * turn.sin(), radius + tube * turn.cos(), angle)
            })
            .collect(),
        }
    }
}

fn around(k: f64, radius: f64, angle: f64) -> Point {
    [k, radius * angle.cos(), radius * angle.sin()]
}

/// Points of an area in mm^2, by the part of the area that comes before each and its angle.
fn spiral(area: f64, at: impl Fn(f64, f64) -> Point) -> impl Iterator<Item = Point> {
    let count = (area * POINTS_PER_MM2).round();
    (0..count as usize).map(move |n| at((n as f64 + 0.5) / count, n as f64 * GOLDEN_ANGLE))
}

fn ball_points(radius: f64) -> Vec<Point> {
    // What lies between two parallel planes is as large as the planes are far apart (Archimedes).
    let at = |part: f64, angle| {
        let k = 2.0 * part - 1.0;
        around(radius * k, radius * (1.0 - k * k).sqrt(), angle)
    };
    spiral(4.0 * PI * radius * radius, at).collect()
}

fn side_points(half_length: f64, radius: f64) -> impl Iterator<Item = Point> {
    let at = move |part, angle| around((2.0 * part - 1.0) * half_length, radius, angle);
    spiral(4.0 * PI * radius * half_length, at)
}

/// Of the two faces of a box that are across an axis. Not in rows: all of a row would be as far from another box's edge.
fn face_points(half: Point, axis: usize) -> Vec<Point> {
    let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
    let count = (4.0 * half[u] * half[v] * POINTS_PER_MM2).round() as usize;
    let at = |n: usize| {
        let mut at = [half[axis]; 3];
        for (x, part) in [u, v].into_iter().zip(PARTS) {
            at[x] = (((n as f64 + 0.5) * part).fract() * 2.0 - 1.0) * half[x];
        }
        at
    };
    (0..count).map(at).flat_map(|at| [at, at.map(|x| -x)]).collect()
}

/// A shape, turned about two axes by these angles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Solid {
    pub(crate) shape: Shape,
    pub(crate) turned: [f64; 2],
}

impl Solid {
    pub(crate) const fn new(shape: Shape) -> Self {
        Self { shape, turned: [0.0; 2] }
    }

    pub(crate) const fn turned(shape: Shape, a: f64, b: f64) -> Self {
        Self { shape, turned: [a, b] }
    }

    /// A way in mm, along the axes of the shape.
    pub(crate) fn along_axes(&self, [k, j, i]: Point) -> Point {
        let [a, b] = self.turned;
        let (k, j) = (a.cos() * k - a.sin() * j, a.sin() * k + a.cos() * j);
        let (j, i) = (b.cos() * j - b.sin() * i, b.sin() * j + b.cos() * i);
        [k, j, i]
    }

    /// To the surface in mm, negative inside.
    pub(crate) fn distance(&self, p: Point) -> f64 {
        self.shape.distance(self.along_axes(p))
    }

    /// The voxels whose centres lie in the solid that was grown by `by` mm and whose middle is at `middle` mm.
    pub(crate) fn mask(&self, shape: [usize; 3], spacing: Point, middle: Point, by: f64) -> Mask {
        Mask::from_fn(shape, |at| self.distance(std::array::from_fn(|x| at[x] as f64 * spacing[x] - middle[x])) <= by)
    }
}

/// Mean and 95th percentile.
pub(crate) fn mean_and_percentile95(mut distances: Vec<f64>) -> [f64; 2] {
    distances.sort_unstable_by(f64::total_cmp);
    [distances.iter().sum::<f64>() / distances.len() as f64, distances[distances.len() * 19 / 20]]
}
