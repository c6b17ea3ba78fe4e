//! The nearest point of a net's triangles, exactly.

use std::ops::Range;

use super::{
    super::box_tree::{BoxTree, Point},
    mesh::{Net, fan},
};
use crate::vectors::{dot, minus};

/// Quadrilaterals that are searched as one: few enough to be in the processor's cache.
const QUADS: usize = 1 << 14;

/// Quadrilaterals in a leaf of the tree: to look at one takes as long as at several boxes.
const LEAF: usize = 1;

/// Some slices of a net, as triangles in a tree.
pub(super) struct Slab {
    quads: Vec<[Point; 4]>,
    tree: BoxTree,
    /// Of the net, of which the slab is made.
    slices: Range<usize>,
}

impl Slab {
    /// The next of `slices` of the net, so many as make a slab; `None` after the last.
    pub(super) fn next(net: &Net, slices: &mut Range<usize>) -> Option<Self> {
        let (first, mut quads) = (slices.start, Vec::new());
        while quads.len() < QUADS {
            let Some(k) = slices.next() else { break };
            net.for_quads(k, |_, corners| quads.push(corners));
        }
        let tree = BoxTree::new(&mut quads, LEAF, |corners| {
            let of = |pick: fn(f64, f64) -> f64| {
                std::array::from_fn(|x| corners[1..].iter().fold(corners[0][x], |best, corner| pick(best, corner[x])))
            };
            [of(f64::min), of(f64::max)]
        });
        (!quads.is_empty()).then_some(Self { quads, tree, slices: first..slices.start })
    }

    /// Slices that are at least between a quadrilateral of another net's slice `k` and all of this slab: one reaches
    /// from half a slice before its own to one and a half after it.
    pub(super) fn slices_away(&self, k: usize) -> f64 {
        let between = self.slices.start.saturating_sub(k).max((k + 1).saturating_sub(self.slices.end));
        between.saturating_sub(2) as f64
    }

    /// The distance to the nearest triangle, if that is less than `distance`. `guess` is the quadrilateral that was
    /// nearest to a neighbour.
    pub(super) fn nearer(&self, at: Point, distance: f64, guess: &mut Option<usize>) -> Option<f64> {
        let bound = distance * distance;
        if self.tree.squared_distance_to_all(at) >= bound {
            return None;
        }
        let to_quad =
            |n: usize| fan(self.quads[n]).iter().map(|t| squared_distance(at, t)).fold(f64::INFINITY, f64::min);
        let mut nearest = bound;
        if let Some(n) = *guess {
            nearest = nearest.min(to_quad(n));
        }
        self.tree.walk(at, nearest, |leaf, mut best| {
            for n in leaf {
                let squared = to_quad(n);
                if squared < best {
                    best = squared;
                    *guess = Some(n);
                }
            }
            nearest = best;
            best
        });
        (nearest < bound).then(|| nearest.sqrt())
    }
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
