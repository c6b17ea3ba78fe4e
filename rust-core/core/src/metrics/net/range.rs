//! How much distances differ within a quadrilateral.
//!
//! Those of one that slants away from the other surface differ by up to its size, and where many slant alike, as beside the
//! edge of a box, the distances of all their middles would be one and the same: a percentile would jump from row to row.

use super::mesh::Net;

/// Mean distances of the quadrilaterals around each vertex of slices that are asked for one after the other.
pub(super) struct AroundVertices<'a> {
    net: &'a Net,
    distances: &'a [Vec<f64>],
}

impl<'a> AroundVertices<'a> {
    pub(super) const fn new(net: &'a Net, distances: &'a [Vec<f64>]) -> Self {
        Self { net, distances }
    }

    /// Of the vertices of a slice; none beyond the last.
    pub(super) fn of_slice(&self, k: usize) -> Vec<f64> {
        if k >= self.distances.len() {
            return Vec::new();
        }
        let mut sums = vec![(0.0, 0.0); self.net.vertices(k)];
        for from in k.saturating_sub(1)..=k {
            let mut distances = self.distances[from].iter();
            self.net.for_quad_corners(from, |corners| {
                let distance = distances.next();
                for (number, cube) in corners {
                    if let Some(distance) = distance.filter(|_| cube[0] == k) {
                        let (sum, count) = &mut sums[number];
                        (*sum, *count) = (*sum + distance, *count + 1.0);
                    }
                }
            });
        }
        sums.into_iter().map(|(sum, count)| sum / count).collect()
    }
}

/// From the least to the most distance within a quadrilateral, as mean distances around its corners say, the distance of
/// its middle being `distance`: as long an interval as has the same variance, around the same mean, from 0 to `longest`.
pub(super) fn range(corners: [f64; 4], distance: f64, longest: f64) -> f64 {
    let [a, b, c, d] = corners;
    let (u, v) = ((b + c - a - d) / 2.0, (c + d - a - b) / 2.0);
    if distance.is_finite() { u.hypot(v).min(2.0 * distance.min(longest - distance)) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_ends_at_no_distance_and_at_the_longest() {
        let corners = [1.0, 4.0, 4.0, 1.0];
        assert_eq!(range(corners, 2.5, 9.0), 3.0);
        assert_eq!(range(corners, 0.5, 9.0), 1.0);
        assert_eq!(range(corners, 8.0, 9.0), 2.0);
        assert_eq!(range(corners, 0.0, 9.0), 0.0);
        assert_eq!(range([f64::INFINITY; 4], f64::INFINITY, f64::INFINITY), 0.0);
    }
}
