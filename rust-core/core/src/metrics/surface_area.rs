//! The area of the surface through a 2 x 2 x 2 neighbourhood of voxels, for any spacing.
//!
//! Nothing here is tabulated by hand; every one of the 256 neighbourhoods is worked out from geometry:
//!
//! 1. The surface crosses an edge of the cube half way between a voxel inside and one outside.
//! 2. On every face the crossings are joined by straight lines. Where a face has two voxels inside on one diagonal and
//!    two outside on the other, the lines cut off the voxels of the minority (within the whole neighbourhood; those
//!    inside when it is four to four). So inside and outside may be swapped without changing an area.
//! 3. The lines form closed polygons. A polygon that is not flat is cut into those triangles whose area on isotropic
//!    voxels is the largest; where several ways are equally large, they are equally large for every spacing too.

use std::sync::LazyLock;

use crate::geometry::SpacingMm;

/// A point on the unit cube, `[k, j, i]`, in half edges: 0, 1 or 2.
type HalfPoint = [i32; 3];

/// Twice the area vector of a triangle with corners in half edges is eight times that in edges.
const PER_AREA_VECTOR: f64 = 8.0;

/// The triangles' absolute area vectors `[k, j, i]` on the unit cube, for every neighbourhood code.
static UNIT_TRIANGLES: LazyLock<Vec<Vec<[f64; 3]>>> = LazyLock::new(|| {
    (0..=u8::MAX).map(|code| polygons(code).iter().flat_map(|p| largest_cut(p).1).collect()).collect()
});

/// Areas of all neighbourhoods for one spacing.
#[derive(Clone, Debug)]
pub struct SurfaceAreas(Vec<f64>);

impl SurfaceAreas {
    /// For voxels of this spacing.
    pub fn new(spacing_mm: SpacingMm) -> Self {
        let [k, j, i] = spacing_mm.to_array();
        let faces = [j * i, k * i, k * j];
        let area = |vector: &[f64; 3]| vector.iter().zip(faces).map(|(v, f)| (v * f).powi(2)).sum::<f64>().sqrt();
        Self(UNIT_TRIANGLES.iter().map(|triangles| triangles.iter().map(area).sum()).collect())
    }

    /// Area in mm^2 of the surface through a neighbourhood. Bit `4 k + 2 j + i` of the code says whether voxel
    /// `[k, j, i]` of the 2 x 2 x 2 is inside.
    ///
    /// ```
    /// use tmli_core::{SpacingMm, metrics::surface_area::SurfaceAreas};
    ///
    /// let areas = SurfaceAreas::new(SpacingMm::new(5.0, 1.0, 2.0));
    /// assert_eq!(areas.of(0b0000_1111), 1.0 * 2.0, "one slice inside: a flat surface between the slices");
    /// assert_eq!(areas.of(0b0101_0101), 5.0 * 1.0, "one column inside");
    /// ```
    pub fn of(&self, code: u8) -> f64 {
        self.0[usize::from(code)]
    }
}

fn corner_bit(corner: HalfPoint) -> u8 {
    1 << (corner[0] / 2 * 4 + corner[1] / 2 * 2 + corner[2] / 2)
}

/// The closed polygons of the surface through a neighbourhood.
fn polygons(code: u8) -> Vec<Vec<HalfPoint>> {
    let minority = if code.count_ones() > 4 { !code } else { code };
    let mut lines = face_lines(minority);
    let mut polygons = Vec::new();
    while let Some((start, mut end)) = lines.pop() {
        let mut polygon = vec![start];
        while end != start {
            polygon.push(end);
            let Some(next) = lines.iter().position(|&(a, b)| a == end || b == end) else { break };
            let (a, b) = lines.swap_remove(next);
            end = if a == end { b } else { a };
        }
        polygons.push(polygon);
    }
    polygons
}

/// Lines between crossings on all six faces. Every crossing is on two faces, so it ends two lines.
fn face_lines(inside: u8) -> Vec<(HalfPoint, HalfPoint)> {
    let mut lines = Vec::new();
    for axis in 0..3 {
        for side in [0, 2] {
            let around: [HalfPoint; 4] = [(0, 0), (2, 0), (2, 2), (0, 2)].map(|(u, v)| {
                let mut corner = [side; 3];
                corner[(axis + 1) % 3] = u;
                corner[(axis + 2) % 3] = v;
                corner
            });
            let is_inside = around.map(|corner| inside & corner_bit(corner) != 0);
            // Crossing n is between corners n and n + 1.
            let crossing =
                |n: usize| -> HalfPoint { std::array::from_fn(|x| (around[n % 4][x] + around[(n + 1) % 4][x]) / 2) };
            let crossed: Vec<usize> = (0..4).filter(|&n| is_inside[n] != is_inside[(n + 1) % 4]).collect();
            match crossed[..] {
                [a, b] => lines.push((crossing(a), crossing(b))),
                [_, _, _, _] => {
                    lines.extend((0..4).filter(|&n| is_inside[n]).map(|n| (crossing(n + 3), crossing(n))));
                }
                _ => {}
            }
        }
    }
    lines
}

/// Cuts a polygon into triangles such that their area on the unit cube is largest: that area, and the triangles'
/// absolute area vectors.
fn largest_cut(polygon: &[HalfPoint]) -> (f64, Vec<[f64; 3]>) {
    let [first, middle @ .., last] = polygon else { return (0.0, Vec::new()) };
    let mut best = (0.0, Vec::new());
    for (n, apex) in middle.iter().enumerate() {
        let vector = area_vector(*first, *apex, *last);
        let (before, after) = (largest_cut(&polygon[..n + 2]), largest_cut(&polygon[n + 1..]));
        let area = vector.iter().map(|x| x * x).sum::<f64>().sqrt() + before.0 + after.0;
        if area > best.0 {
            best = (area, [vec![vector], before.1, after.1].concat());
        }
    }
    best
}

fn area_vector(a: HalfPoint, b: HalfPoint, c: HalfPoint) -> [f64; 3] {
    let [u, v]: [HalfPoint; 2] = [b, c].map(|p| std::array::from_fn(|x| p[x] - a[x]));
    std::array::from_fn(|x| {
        let (y, z) = ((x + 1) % 3, (x + 2) % 3);
        f64::from((u[y] * v[z] - u[z] * v[y]).abs()) / PER_AREA_VECTOR
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANISOTROPIC: SpacingMm = SpacingMm::new(5.0, 0.7, 1.3);

    fn area(code: u8) -> f64 {
        SurfaceAreas::new(ANISOTROPIC).of(code)
    }

    #[test]
    fn a_uniform_neighbourhood_has_no_surface() {
        assert_eq!((area(0), area(255)), (0.0, 0.0));
    }

    #[test]
    fn one_voxel_is_cut_off_by_a_triangle_through_the_middles_of_three_edges() {
        let (k, j, i) = (2.5, 0.35, 0.65);
        // Heron's formula on the three sides.
        let sides = [f64::hypot(k, j), f64::hypot(j, i), f64::hypot(i, k)];
        let s = sides.iter().sum::<f64>() / 2.0;
        let expected = sides.iter().fold(s, |product, side| product * (s - side)).sqrt();
        for bit in 0..8 {
            assert!((area(1 << bit) - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn two_neighbours_along_an_axis_are_cut_off_by_a_rectangle() {
        assert!((area(0b0000_0011) - 1.3 * f64::hypot(2.5, 0.35)).abs() < 1e-12);
        assert!((area(0b0000_0101) - 0.7 * f64::hypot(2.5, 0.65)).abs() < 1e-12);
        assert!((area(0b0001_0001) - 5.0 * f64::hypot(0.35, 0.65)).abs() < 1e-12);
    }

    #[test]
    fn inside_and_outside_may_be_swapped() {
        for code in 0..=u8::MAX {
            assert!((area(code) - area(!code)).abs() < 1e-12, "{code:08b}");
        }
    }

    #[test]
    fn mirroring_a_neighbourhood_keeps_its_area() {
        for code in 0..=u8::MAX {
            for flip in 1..8_u32 {
                let mirrored = (0..8_u32).filter(|bit| code >> bit & 1 == 1).fold(0, |m, bit| m | 1_u8 << (bit ^ flip));
                assert!((area(code) - area(mirrored)).abs() < 1e-12, "{code:08b} mirrored {flip:03b}");
            }
        }
    }

    #[test]
    fn every_crossing_is_used_once_and_no_polygon_has_more_than_six_corners() {
        for code in 0..=u8::MAX {
            let polygons = polygons(code);
            let crossings: usize = polygons.iter().map(Vec::len).sum();
            let is_inside = |corner: usize| code >> corner & 1 == 1;
            let edges = (0..8).flat_map(|c| [1, 2, 4].map(|step| (c, c ^ step))).filter(|(a, b)| a < b);
            assert_eq!(crossings, edges.filter(|&(a, b)| is_inside(a) != is_inside(b)).count(), "{code:08b}");
            assert!(polygons.iter().all(|p| (3..=6).contains(&p.len())), "{code:08b}: {polygons:?}");
        }
    }
}
