//! The nearest point of a net's triangles, exactly, by a tree of boxes.

use super::mesh::{Mesh, Point, fan};

/// Triangles in a leaf.
const LEAF: usize = 4;

/// Deep enough for the tree of any net.
const DEEPEST: usize = 96;

struct Node {
    min: Point,
    max: Point,
    /// The triangles of a leaf, or the second child (the first follows its parent) and 0.
    start: u32,
    triangles: u32,
}

pub(super) struct TriangleTree {
    triangles: Vec<[Point; 3]>,
    nodes: Vec<Node>,
}

impl TriangleTree {
    pub(super) fn new(mesh: &Mesh) -> Self {
        let mut triangles: Vec<[Point; 3]> =
            mesh.quads.iter().flat_map(|quad| fan(quad.map(|n| mesh.positions[n as usize]))).collect();
        let mut tree = Self { triangles: Vec::new(), nodes: Vec::new() };
        if !triangles.is_empty() {
            tree.split(&mut triangles, 0);
        }
        tree.triangles = triangles;
        tree
    }

    fn split(&mut self, triangles: &mut [[Point; 3]], start: usize) {
        let (mut min, mut max) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
        for point in triangles.iter().flatten() {
            for x in 0..3 {
                min[x] = min[x].min(point[x]);
                max[x] = max[x].max(point[x]);
            }
        }
        let here = self.nodes.len();
        let leaf = triangles.len() <= LEAF;
        let count = if leaf { triangles.len() as u32 } else { 0 };
        self.nodes.push(Node { min, max, start: start as u32, triangles: count });
        if leaf {
            return;
        }
        let extent = |x: usize| max[x] - min[x];
        let axis = (1..3).fold(0, |longest, x| if extent(x) > extent(longest) { x } else { longest });
        let middle = triangles.len() / 2;
        let centre = |triangle: &[Point; 3]| triangle[0][axis] + triangle[1][axis] + triangle[2][axis];
        triangles.select_nth_unstable_by(middle, |a, b| centre(a).total_cmp(&centre(b)));
        let (first, second) = triangles.split_at_mut(middle);
        self.split(first, start);
        self.nodes[here].start = self.nodes.len() as u32;
        self.split(second, start + middle);
    }

    fn box_distance(&self, node: u32, at: Point) -> f64 {
        let Node { min, max, .. } = &self.nodes[node as usize];
        (0..3).map(|x| (min[x] - at[x]).max(at[x] - max[x]).max(0.0).powi(2)).sum()
    }

    /// Distance to the nearest triangle and its number; infinite and none when there is no triangle. `guess` is the
    /// number of a triangle, the nearer the faster.
    pub(super) fn nearest(&self, at: Point, guess: Option<u32>) -> (f64, Option<u32>) {
        let mut best = guess.map_or(f64::INFINITY, |n| squared_distance(at, &self.triangles[n as usize]));
        let mut found = guess;
        let mut waiting = [(0_u32, 0.0_f64); DEEPEST];
        let mut count = usize::from(!self.nodes.is_empty());
        while count > 0 {
            count -= 1;
            let (index, lower) = waiting[count];
            if lower >= best {
                continue;
            }
            let node = &self.nodes[index as usize];
            if node.triangles == 0 {
                let mut children = [index + 1, node.start].map(|child| (child, self.box_distance(child, at)));
                if children[0].1 < children[1].1 {
                    children.swap(0, 1);
                }
                // The nearer one is taken first.
                for child in children.into_iter().filter(|child| child.1 < best) {
                    waiting[count] = child;
                    count += 1;
                }
                continue;
            }
            for n in node.start..node.start + node.triangles {
                let squared = squared_distance(at, &self.triangles[n as usize]);
                if squared < best {
                    best = squared;
                    found = Some(n);
                }
            }
        }
        (best.sqrt(), found)
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
