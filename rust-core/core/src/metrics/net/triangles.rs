//! The nearest point of a net's triangles, exactly.

use super::{
    super::box_tree::{BoxTree, Point},
    mesh::{Mesh, fan},
};

pub(super) struct TriangleTree {
    triangles: Vec<[Point; 3]>,
    tree: BoxTree,
}

impl TriangleTree {
    pub(super) fn new(mesh: &Mesh) -> Self {
        let mut triangles: Vec<[Point; 3]> =
            mesh.quads.iter().flat_map(|quad| fan(quad.map(|n| mesh.positions[n as usize]))).collect();
        let tree = BoxTree::new(&mut triangles, |[a, b, c]| {
            let of = |pick: fn(f64, f64) -> f64| std::array::from_fn(|x| pick(pick(a[x], b[x]), c[x]));
            [of(f64::min), of(f64::max)]
        });
        Self { triangles, tree }
    }

    /// Distance to the nearest triangle and its number; infinite and none when there is no triangle. `guess` is the
    /// number of a triangle, the nearer the faster.
    pub(super) fn nearest(&self, at: Point, guess: Option<usize>) -> (f64, Option<usize>) {
        let mut found = guess;
        let bound = guess.map_or(f64::INFINITY, |n| squared_distance(at, &self.triangles[n]));
        let mut nearest = bound;
        self.tree.walk(at, bound, |leaf, mut best| {
            for n in leaf {
                let squared = squared_distance(at, &self.triangles[n]);
                if squared < best {
                    best = squared;
                    found = Some(n);
                }
            }
            nearest = best;
            best
        });
        (nearest.sqrt(), found)
    }
}

fn minus(a: Point, b: Point) -> Point {
    std::array::from_fn(|x| a[x] - b[x])
}

fn dot(a: Point, b: Point) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Squared distance from a point to a triangle: to its plane where the foot is inside, else to the nearest side.
pub(super) fn squared_distance(p: Point, triangle: &[Point; 3]) -> f64 {
    let [a, b, c] = *triangle;
    let (u, v, w) = (minus(b, a), minus(c, a), minus(p, a));
    let (uu, uv, vv, wu, wv) = (dot(u, u), dot(u, v), dot(v, v), dot(w, u), dot(w, v));
    let determinant = uu * vv - uv * uv;
    if determinant > 0.0 {
        let s = (wu * vv - wv * uv) / determinant;
        let t = (wv * uu - wu * uv) / determinant;
        if s >= 0.0 && t >= 0.0 && s + t <= 1.0 {
            let off: Point = std::array::from_fn(|x| w[x] - s * u[x] - t * v[x]);
            return dot(off, off);
        }
    }
    let side = |from: Point, to: Point| {
        let (along, w) = (minus(to, from), minus(p, from));
        let length = dot(along, along);
        let part = if length > 0.0 { (dot(w, along) / length).clamp(0.0, 1.0) } else { 0.0 };
        let off: Point = std::array::from_fn(|x| w[x] - part * along[x]);
        dot(off, off)
    };
    side(a, b).min(side(b, c)).min(side(c, a))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn point() -> impl Strategy<Value = Point> {
        [-5.0..5.0_f64, -5.0..5.0, -5.0..5.0]
    }

    proptest! {
        #[test]
        fn no_point_of_the_triangle_is_nearer_and_one_is_as_near(p in point(), triangle in [point(), point(), point()]) {
            let [a, b, c] = triangle;
            let mut nearest = f64::INFINITY;
            for s in 0..=60 {
                for t in 0..=60 - s {
                    let (s, t) = (f64::from(s) / 60.0, f64::from(t) / 60.0);
                    let at: Point = std::array::from_fn(|x| a[x] + s * (b[x] - a[x]) + t * (c[x] - a[x]));
                    let off = minus(p, at);
                    nearest = f64::min(nearest, dot(off, off).sqrt());
                }
            }
            let distance = squared_distance(p, &triangle).sqrt();
            prop_assert!(distance <= nearest + 1e-9, "{distance} {nearest}");
            prop_assert!(distance >= nearest - 0.3, "{distance} {nearest}");
        }
    }
}
