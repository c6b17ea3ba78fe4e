//! Rounded loops that give the same voxels.
//!
//! A loop of unit pixel edges becomes a loop with one point for each edge. That point stays on the line between the two
//! voxel centres that the edge parts, and never reaches one of them; between two points the loop stays in one cell of the
//! grid of voxel centres. So it passes between the same centres as before, whatever is done to the points along their
//! lines: they are drawn towards their neighbours until the loop is smooth, and outwards until it has its area back.

use super::SlicePoint;

/// A point may come this near to one of the two voxel centres (in voxels): far more than rounding to a decimal string
/// moves it.
const NEAREST_TO_A_CENTRE: f64 = 0.05;

/// How far a point may leave the middle.
const REACH: f64 = 0.5 - NEAREST_TO_A_CENTRE;

/// Rounds of smoothing: enough to make a slanted line of stairs of ten pixels.
const ROUNDS: usize = 24;

/// Newton steps that bring the area back at the end.
const LAST_ROUNDS: usize = 6;

/// Points within a straight line up to this (in voxels) are left out.
const STRAIGHT: f64 = 1e-7;

/// A point between two voxel centres.
struct Bead {
    middle: SlicePoint,
    /// Unit vector from the inner voxel centre to the outer one.
    outwards: SlicePoint,
    /// From the middle, in voxels, within [`REACH`] and up to `limit`.
    at: f64,
    /// [`REACH`], or 0 where the outer voxel is beyond the image: a loop stays in its image.
    limit: f64,
}

impl Bead {
    fn put(&mut self, at: f64) {
        self.at = at.clamp(-REACH, self.limit);
    }

    fn point(&self) -> SlicePoint {
        [self.middle[0] + self.at * self.outwards[0], self.middle[1] + self.at * self.outwards[1]]
    }
}

/// The smooth form of a loop along pixel edges, the inside to the right of the way (rows grow downwards), in an image of
/// `size` rows and columns.
pub(super) fn rounded(corners: &[(usize, usize)], size: [usize; 2]) -> Vec<SlicePoint> {
    let mut beads = beads(corners, size);
    let on_edges: Vec<SlicePoint> = corners.iter().map(|&(j, i)| [j as f64 - 0.5, i as f64 - 0.5]).collect();
    let area = signed_area(&on_edges);
    for _ in 0..ROUNDS {
        draw_together(&mut beads);
        restore_area(&mut beads, area);
    }
    for _ in 0..LAST_ROUNDS {
        restore_area(&mut beads, area);
    }
    without_straight(points(&beads))
}

/// One bead for each unit edge, in the middle of its line.
fn beads(corners: &[(usize, usize)], size: [usize; 2]) -> Vec<Bead> {
    let mut beads = Vec::new();
    for (&(j0, i0), &(j1, i1)) in corners.iter().zip(corners.iter().cycle().skip(1)) {
        let steps = j0.abs_diff(j1) + i0.abs_diff(i1);
        let way = [sign(j0, j1), sign(i0, i1)];
        for step in 0..steps {
            let half = step as f64 + 0.5;
            let middle = [j0 as f64 - 0.5 + half * way[0], i0 as f64 - 0.5 + half * way[1]];
            let outwards = [-way[1], way[0]];
            let at_border = (0..2)
                .any(|a| outwards[a] < 0.0 && middle[a] < 0.0 || outwards[a] > 0.0 && middle[a] > size[a] as f64 - 1.0);
            beads.push(Bead { middle, outwards, at: 0.0, limit: if at_border { 0.0 } else { REACH } });
        }
    }
    beads
}

fn sign(from: usize, to: usize) -> f64 {
    match from.cmp(&to) {
        std::cmp::Ordering::Less => 1.0,
        std::cmp::Ordering::Equal => 0.0,
        std::cmp::Ordering::Greater => -1.0,
    }
}

fn points(beads: &[Bead]) -> Vec<SlicePoint> {
    beads.iter().map(Bead::point).collect()
}

/// Every bead half the way to the middle of its neighbours, as far as its line lets it.
fn draw_together(beads: &mut [Bead]) {
    let points = points(beads);
    let n = points.len();
    for (x, bead) in beads.iter_mut().enumerate() {
        let (before, after) = (points[(x + n - 1) % n], points[(x + 1) % n]);
        let pull: f64 = (0..2).map(|a| ((before[a] + after[a]) / 2.0 - points[x][a]) * bead.outwards[a]).sum();
        bead.put(bead.at + 0.5 * pull);
    }
}

/// Moves every bead outwards by the same distance, so that the area comes back (one step of Newton's method).
fn restore_area(beads: &mut [Bead], area: f64) {
    let points = points(beads);
    let n = points.len();
    let growth: f64 = (0..n)
        .map(|x| {
            let (before, after, out) = (points[(x + n - 1) % n], points[(x + 1) % n], beads[x].outwards);
            ((after[0] - before[0]) * out[1] - (after[1] - before[1]) * out[0]) / 2.0
        })
        .sum();
    if growth.abs() < 1e-9 {
        return;
    }
    let outwards = (area - signed_area(&points)) / growth;
    for bead in beads {
        bead.put(bead.at + outwards);
    }
}

/// Positive for an outer loop, negative for a hole.
fn signed_area(points: &[SlicePoint]) -> f64 {
    let next = points.iter().cycle().skip(1);
    points.iter().zip(next).map(|(a, b)| a[1] * b[0] - b[1] * a[0]).sum::<f64>() / 2.0
}

/// Leaves out points within straight lines, so that a rectangle's sides stay lines.
fn without_straight(points: Vec<SlicePoint>) -> Vec<SlicePoint> {
    let n = points.len();
    let turns = |x: usize| {
        let (a, b, c) = (points[(x + n - 1) % n], points[x], points[(x + 1) % n]);
        ((b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])).abs() > STRAIGHT
    };
    (0..n).filter(|&x| turns(x)).map(|x| points[x]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pixel_becomes_a_diamond_of_its_area() {
        let points = rounded(&[(1, 1), (1, 2), (2, 2), (2, 1)], [9, 9]);
        assert_eq!(points.len(), 4);
        assert!((signed_area(&points) - 1.0).abs() < 1e-6, "{points:?}");
    }

    #[test]
    fn stairs_become_a_slope() {
        // A triangle of stairs, 40 pixels each.
        let mut corners = vec![(0, 0)];
        for step in 0..40 {
            corners.extend([(step, step + 1), (step + 1, step + 1)]);
        }
        corners.push((40, 0));
        let points = rounded(&corners, [50, 50]);
        let slope: Vec<_> = points.iter().filter(|p| (8.0..30.0).contains(&p[0]) && p[1] > p[0] - 4.0).collect();
        assert!(slope.iter().all(|p| (p[1] - p[0] - 0.5).abs() < 0.1), "{slope:?}");
    }

    #[test]
    fn a_loop_at_the_border_stays_in_its_image() {
        let points = rounded(&[(0, 0), (0, 1), (1, 1), (1, 0)], [1, 1]);
        assert!(points.iter().flatten().all(|x| (-0.5..=0.5).contains(x)), "{points:?}");
    }
}
