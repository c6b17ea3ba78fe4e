//! The plane that is farthest from two sets of points that it parts.
//!
//! It lies half-way between the nearest two points of the sets' convex hulls, which E. Gilbert, D. Johnson and S. Keerthi
//! find in few steps ("A fast procedure for computing the distance between complex objects in three-dimensional space",
//! IEEE Journal of Robotics and Automation 4, 1988): of the differences between points of one hull and of the other, the
//! shortest is sought, each time among up to four of them and the one that lies farthest against it.

use super::{super::box_tree::Point, plane::Plane};
use crate::vectors::{along, dot, minus};

/// More steps than any two hulls of voxels take.
const STEPS: usize = 200;

/// Hulls whose squared distance is less than this touch.
const TOUCHING: f64 = 1e-12;

/// By no more than this a square can be off: well above what rounding does to voxels of a scan.
const EXACT: f64 = 1e-11;

/// A point of the hull of `behind` and one of the hull of `before`.
type Pair = [Point; 2];

fn difference([behind, before]: Pair) -> Point {
    minus(before, behind)
}

/// The point that is farthest along a way.
fn farthest(points: &[Point], way: Point) -> Point {
    let farther = |best: (f64, Point), p: &Point| {
        let ahead = dot(way, *p);
        if ahead > best.0 { (ahead, *p) } else { best }
    };
    points.iter().fold((f64::NEG_INFINITY, [0.0; 3]), farther).1
}

/// The plane half-way between the hulls, and the distance between them; `None` where they meet.
pub(super) fn halfway(behind: &[Point], before: &[Point]) -> Option<(Plane, f64)> {
    let mut nearest: Pair = [*behind.first()?, *before.first()?];
    let mut simplex = vec![nearest];
    for _ in 0..STEPS {
        let way = difference(nearest);
        let squared = dot(way, way);
        if squared < TOUCHING {
            return None;
        }
        let pair = [farthest(behind, way), farthest(before, way.map(|x| -x))];
        if squared - dot(way, difference(pair)) <= EXACT || simplex.contains(&pair) {
            let middle = along(nearest[0], way, 0.5);
            return Some((Plane::through(middle, way), squared.sqrt()));
        }
        simplex.push(pair);
        let parts = nearest_parts(&simplex.iter().map(|pair| difference(*pair)).collect::<Vec<_>>());
        // The origin is inside.
        if parts.len() == 4 {
            return None;
        }
        nearest = [0, 1]
            .map(|side| parts.iter().fold([0.0; 3], |sum, &(corner, part)| along(sum, simplex[corner][side], part)));
        simplex = parts.into_iter().map(|(corner, _)| simplex[corner]).collect();
    }
    None
}

/// Of the simplex with these corners the point that is nearest to the origin: the corners that it lies between, and the
/// part that each of them has in it.
fn nearest_parts(corners: &[Point]) -> Vec<(usize, f64)> {
    let mut nearest = (f64::INFINITY, Vec::new());
    for side in 1_u32..1 << corners.len() {
        let members: Vec<usize> = (0..corners.len()).filter(|corner| side >> corner & 1 == 1).collect();
        let Some(parts) = parts_of_foot(&members.iter().map(|&corner| corners[corner]).collect::<Vec<_>>()) else {
            continue;
        };
        let foot = members.iter().zip(&parts).fold([0.0; 3], |sum, (&corner, &part)| along(sum, corners[corner], part));
        let squared = dot(foot, foot);
        if squared < nearest.0 {
            nearest = (squared, members.into_iter().zip(parts).collect());
        }
    }
    nearest.1
}

/// The foot of the origin on the plane, line or point through up to four corners, as parts of them; `None` where it is not
/// between them, or where they lie in less than a plane or a line.
fn parts_of_foot(corners: &[Point]) -> Option<Vec<f64>> {
    let edges: Vec<Point> = corners[1..].iter().map(|corner| minus(*corner, corners[0])).collect();
    let count = edges.len();
    // The rest is across all edges: Gauss and Jordan's elimination, the largest first.
    let mut rows: Vec<Vec<f64>> =
        edges.iter().map(|a| edges.iter().map(|b| dot(*a, *b)).chain([-dot(*a, corners[0])]).collect()).collect();
    for column in 0..count {
        let largest = (column..count).max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()))?;
        rows.swap(column, largest);
        let pivot = rows[column].clone();
        if pivot[column].abs() < 1e-10 {
            return None;
        }
        for (_, row) in rows.iter_mut().enumerate().filter(|(n, _)| *n != column) {
            let times = row[column] / pivot[column];
            row.iter_mut().zip(&pivot).for_each(|(a, b)| *a -= times * b);
        }
    }
    let others: Vec<f64> = (0..count).map(|n| rows[n][count] / rows[n][n]).collect();
    let parts: Vec<f64> = [1.0 - others.iter().sum::<f64>()].into_iter().chain(others).collect();
    parts.iter().all(|part| *part >= -1e-12).then_some(parts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::vectors::length;

    proptest! {
        #[test]
        fn no_plane_is_farther_from_voxels_on_both_sides(
            way in [-1.0..1.0_f64, -1.0..1.0, -1.0..1.0], at in -2.0..2.0_f64,
        ) {
            prop_assume!(length(way) > 0.1);
            let parting = Plane { at, ..Plane::through([0.0; 3], way) };
            let voxels = (0..343).map(|n| [n / 49, n / 7 % 7, n % 7].map(|x| f64::from(x) - 3.0));
            let (behind, before): (Vec<Point>, Vec<Point>) = voxels.partition(|p| parting.distance(*p) <= 0.0);
            let nearest = |plane: &Plane| {
                let least = |least: f64, distance: f64| least.min(distance);
                let behind = behind.iter().map(|p| -plane.distance(*p)).fold(f64::INFINITY, least);
                behind.min(before.iter().map(|p| plane.distance(*p)).fold(f64::INFINITY, least))
            };
            prop_assume!(nearest(&parting) > 1e-3);
            let (plane, gap) = halfway(&behind, &before).expect("a plane parts them");
            prop_assert!((nearest(&plane) - gap / 2.0).abs() < 1e-6, "{plane:?} {gap}");
            prop_assert!(gap / 2.0 >= nearest(&parting) - 1e-6, "{plane:?} {gap}");
        }
    }

    #[test]
    fn nothing_parts_what_meets() {
        let cross = |x: f64| [[x, -1.0, 0.0], [x, 1.0, 0.0]];
        assert!(halfway(&[[0.0, 0.0, -1.0], [0.0, 0.0, 1.0]], &cross(0.0)).is_none());
        assert!(halfway(&[[0.0, 0.0, -1.0], [0.0, 0.0, 1.0]], &cross(0.1)).is_some());
        let tetrahedron = [[1.0, 1.0, 1.0], [1.0, -1.0, -1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]];
        assert!(halfway(&tetrahedron, &[[0.1, 0.0, 0.2]]).is_none());
        assert!(halfway(&tetrahedron, &[]).is_none());
    }
}
