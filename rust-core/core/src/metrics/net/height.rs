//! The height of a piece of surface over a plane, as the quadratic that parts its voxels best.
//!
//! Voxels say on which side of a surface they are, and no more: any surface that has all of them on their side is as good
//! as another. The one is sought that keeps away from the voxels on both sides: of all quadratic heights that with the
//! least sum of log(1 + exp(-d / s)), where d is how far a voxel is on its side of the surface and s much smaller than a
//! voxel (logistic regression; P. McCullagh and J. Nelder, "Generalized Linear Models", 1989). Where voxels leave it room,
//! it is drawn a little to where the surface was before. Found by Newton's method.

use super::super::box_tree::Point;

/// Coefficients of 1, u, v, u^2, u v, v^2.
const TERMS: usize = 6;
type Terms = [f64; TERMS];

/// How soft a voxel pushes: *s* in the beginning, what is left of it after each step, and in the end.
const FIRST_SOFTNESS: f64 = 0.1;
const SOFTER: f64 = 0.6;
const SOFTNESS: f64 = 0.02;

/// How strongly the surface is drawn to where it was, beside the push of a voxel that it touches, at a distance of 1.
const PULL: f64 = 0.02;

/// Voxels that are farther above or below the surface as it was are in no danger to come to its other side.
const NEAR: f64 = 0.4;

/// In so many steps it is looked anew how steep the surface is.
const SLANTED: usize = 3;

/// Newton's steps, and when they are so small that no more are needed.
const STEPS: usize = 8;
const STILL: f64 = 0.002;

/// A voxel may be so far on the wrong side.
const MOST_WRONG: f64 = 0.03;

/// In the inner part of the radius a surface could be moved by so much at most before a voxel changes sides: voxels of a
/// face along the axes do not say where it is, and what its rim says of its middle is wrong near an edge.
const INNER: f64 = 0.6;
const MOST_ROOM: f64 = 0.5;

/// From its middle to its rim a surface turns by so much at most: the tangent. The edge of a box would pass for round
/// otherwise.
const MOST_TURNED: f64 = 1.0;

/// So far may it lie from where the surface was, as root mean square and part of a voxel's thickness across it. What was
/// relaxed is smooth already: where a quadratic has to go farther, at edges that are round, it is not one.
const MOST_MOVED: f64 = 0.16;

/// A voxel that is so much softnesses on its side pushes no more.
const ASIDE: f64 = 8.0;

/// What is known of a piece of surface, in a frame of its own: `u` and `v` along it from -1 to 1, `z` outwards.
#[derive(Default)]
pub(super) struct Known {
    voxels: Vec<Voxel>,
    /// Of the places where the surface was: sums of products of their terms (the lower half), and of terms and heights.
    squares: [Terms; TERMS],
    heights: Terms,
    /// Sum of the squares of the heights, and how many there are.
    squared: f64,
    places: f64,
}

#[derive(Clone, Copy)]
pub(super) struct Voxel {
    at: Point,
    /// 1 outside, -1 inside.
    side: f64,
    /// Cosine of the angle between the surface and the plane: the surface is nearer than it is below.
    slant: f64,
}

impl Known {
    pub(super) fn clear(&mut self) {
        self.voxels.clear();
        (self.squares, self.heights) = ([[0.0; TERMS]; TERMS], [0.0; TERMS]);
        (self.squared, self.places) = (0.0, 0.0);
    }

    pub(super) fn add_voxel(&mut self, at: Point, inside: bool) {
        self.voxels.push(Voxel { at, side: if inside { -1.0 } else { 1.0 }, slant: 1.0 });
    }

    /// Where the surface was.
    pub(super) fn add_place(&mut self, [u, v, z]: Point) {
        let terms = terms(u, v);
        self.squared += z * z;
        self.places += 1.0;
        for a in 0..TERMS {
            self.heights[a] += terms[a] * z;
            (0..=a).for_each(|b| self.squares[a][b] += terms[a] * terms[b]);
        }
    }

    /// The products of the places' terms, times these.
    fn times(&self, terms: &Terms) -> Terms {
        let square = |a: usize, b: usize| self.squares[a.max(b)][a.min(b)];
        std::array::from_fn(|a| (0..TERMS).map(|b| square(a, b) * terms[b]).sum())
    }

    pub(super) fn voxels(&self) -> usize {
        self.voxels.len()
    }
}

fn terms(u: f64, v: f64) -> Terms {
    [1.0, u, v, u * u, u * v, v * v]
}

/// A height over `u` and `v`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Height {
    terms: Terms,
    /// What 1 is along `u` and `v`.
    radius: f64,
}

impl Height {
    pub(super) fn at(&self, u: f64, v: f64) -> f64 {
        let [a, b, c, d, e, f] = self.terms;
        a + u * (b + d * u + e * v) + v * (c + f * v)
    }

    /// The tangents along u and v.
    pub(super) fn slopes(&self, u: f64, v: f64) -> [f64; 2] {
        let [_, b, c, d, e, f] = self.terms;
        [b + 2.0 * d * u + e * v, c + e * u + 2.0 * f * v].map(|x| x / self.radius)
    }

    /// The one that is nearest to the places.
    pub(super) fn through(known: &Known, radius: f64) -> Option<Self> {
        Some(Self { terms: solved(known.squares, known.heights)?, radius })
    }

    /// The best one, if it parts the voxels. `unit` is the edge of a cube that is as large as a voxel, `thickness` how far a
    /// voxel reaches across the surface. `near` is memory that is used again.
    pub(super) fn parting(
        known: &Known,
        near: &mut Vec<Voxel>,
        radius: f64,
        [unit, thickness]: [f64; 2],
    ) -> Option<Self> {
        let mut height = Self::through(known, radius)?;
        near.clear();
        near.extend(known.voxels.iter().filter(|voxel| height.right(voxel) < NEAR * unit));
        let mut softness = FIRST_SOFTNESS;
        for step in 0..STEPS {
            if step < SLANTED {
                height.slant(near);
            }
            let moved = height.step(near, known, softness * unit, PULL / unit)?;
            if softness <= SOFTNESS && moved < STILL * unit {
                break;
            }
            softness = (softness * SOFTER).max(SOFTNESS);
        }
        let is_one = height.most_turned() <= MOST_TURNED && height.moved(known) <= MOST_MOVED * thickness;
        (is_one && height.parts(&known.voxels, unit)).then_some(height)
    }

    /// Whether all voxels are on their sides, and near enough to say where between them the surface is.
    fn parts(&self, voxels: &[Voxel], unit: f64) -> bool {
        // How far the nearest voxel inside and the nearest one outside are from the surface.
        let mut room = [f64::INFINITY; 2];
        let all_right = voxels.iter().all(|voxel| {
            let ([u, v, _], right) = (voxel.at, self.right(voxel));
            if u * u + v * v < INNER * INNER {
                let room = &mut room[usize::from(voxel.side > 0.0)];
                *room = room.min(right);
            }
            right >= 0.0 || right * self.slant_at(voxel) >= -MOST_WRONG * unit
        });
        all_right && room[0] + room[1] <= MOST_ROOM * unit
    }

    fn slant(&self, voxels: &mut [Voxel]) {
        voxels.iter_mut().for_each(|voxel| voxel.slant = self.slant_at(voxel));
    }

    fn slant_at(&self, Voxel { at: [u, v, _], .. }: &Voxel) -> f64 {
        let [a, b] = self.slopes(*u, *v);
        1.0 / (1.0 + a * a + b * b).sqrt()
    }

    /// How far above or below the surface a voxel is on its side.
    fn right(&self, Voxel { at: [u, v, z], side, .. }: &Voxel) -> f64 {
        side * (z - self.at(*u, *v))
    }

    /// How far it is from where the surface was, as root mean square.
    fn moved(&self, known: &Known) -> f64 {
        let product = known.times(&self.terms);
        let more = (0..TERMS).map(|a| self.terms[a] * (product[a] - 2.0 * known.heights[a])).sum::<f64>();
        ((known.squared + more).max(0.0) / known.places).sqrt()
    }

    /// How much the steepest slope grows from the middle to the rim.
    fn most_turned(&self) -> f64 {
        let [.., d, e, f] = self.terms;
        ((d + f).abs() + (d - f).hypot(e)) / self.radius
    }

    /// One step of Newton's method, and how long it was.
    fn step(&mut self, voxels: &[Voxel], known: &Known, softness: f64, pull: f64) -> Option<f64> {
        // The second and the first derivative, both times the softness.
        let mut matrix = known.squares.map(|row| row.map(|x| x * pull * softness));
        let product = known.times(&self.terms);
        let mut gradient: Terms = std::array::from_fn(|a| pull * (known.heights[a] - product[a]));
        for voxel in voxels {
            let x = self.right(voxel) * voxel.slant / softness;
            if x > ASIDE {
                continue;
            }
            let push = 1.0 / (1.0 + x.exp());
            let [force, stiffness] = [push * voxel.side * voxel.slant, push * (1.0 - push) * voxel.slant.powi(2)];
            let terms = terms(voxel.at[0], voxel.at[1]);
            for a in 0..TERMS {
                gradient[a] -= force * terms[a];
                (0..=a).for_each(|b| matrix[a][b] += stiffness * terms[a] * terms[b]);
            }
        }
        let step = solved(matrix, gradient)?.map(|x| x * softness);
        // Of u v half, so that it is as long however the frame is turned.
        let long = step.iter().map(|x| x * x).sum::<f64>() - step[4] * step[4] / 2.0;
        let long = long.sqrt();
        // Farther away the derivatives say little.
        let part = (3.0 * softness / long).min(1.0);
        self.terms = std::array::from_fn(|n| self.terms[n] + part * step[n]);
        Some(long)
    }
}

/// Solves a system of a symmetric positive matrix, of which the lower half is given, by the method of Cholesky. `None`
/// where it says too little.
fn solved(mut m: [Terms; TERMS], mut b: Terms) -> Option<Terms> {
    let little = 1e-9 * (1.0 + m[0][0]);
    for c in 0..TERMS {
        m[c][c] += little;
        m[c][c] -= (0..c).map(|x| m[c][x].powi(2)).sum::<f64>();
        if m[c][c].is_nan() || m[c][c] <= 0.0 {
            return None;
        }
        m[c][c] = m[c][c].sqrt();
        for r in c + 1..TERMS {
            m[r][c] -= (0..c).map(|x| m[r][x] * m[c][x]).sum::<f64>();
            m[r][c] /= m[c][c];
        }
    }
    for r in 0..TERMS {
        b[r] = (b[r] - (0..r).map(|x| m[r][x] * b[x]).sum::<f64>()) / m[r][r];
    }
    for r in (0..TERMS).rev() {
        b[r] = (b[r] - (r + 1..TERMS).map(|x| m[x][r] * b[x]).sum::<f64>()) / m[r][r];
    }
    b.iter().all(|x| x.is_finite()).then_some(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is known of a surface of this height on voxels of 1 mm that lie `at` the frame's middle.
    fn known(radius: f64, at: Point, height: impl Fn(f64, f64) -> f64) -> Known {
        let mut known = Known::default();
        let reach = radius.ceil() as i32;
        for (u, v) in (-reach..=reach).flat_map(|u| (-reach..=reach).map(move |v| (u, v))) {
            let [u, v] = [f64::from(u) + at[0], f64::from(v) + at[1]];
            if u * u + v * v >= radius * radius {
                continue;
            }
            let z = height(u, v);
            let below = (z - at[2]).floor() + at[2];
            // As relaxing leaves it, in waves.
            known.add_place([u / radius, v / radius, z + 0.1 * (0.9 * u + 0.5 * v).sin()]);
            for n in [-1.0, 0.0, 1.0, 2.0] {
                known.add_voxel([u / radius, v / radius, below + n], n <= 0.0);
            }
        }
        known
    }

    fn found(radius: f64, at: Point, height: impl Fn(f64, f64) -> f64) -> Option<Height> {
        Height::parting(&known(radius, at, height), &mut Vec::new(), radius, [1.0; 2])
    }

    #[test]
    fn a_curved_surface_is_found_to_a_small_part_of_a_voxel() {
        let truth = |u: f64, v: f64| 0.3 + 0.12 * u - 0.07 * v - u * u / 31.0 + u * v / 90.0 - v * v / 44.0;
        for at in [[0.0; 3], [0.2, 0.4, 0.7], [0.5, 0.1, 0.3]] {
            let height = found(8.0, at, truth).expect("it is there");
            for [u, v] in [[0.0, 0.0], [3.0, -2.0], [-4.0, 4.0], [0.0, 6.0]] {
                let off = height.at(u / 8.0, v / 8.0) - truth(u, v);
                assert!(off.abs() < 0.05, "{off} at {u}, {v}");
            }
            let [a, b] = height.slopes(0.0, 0.0);
            assert!((a - 0.12).abs() < 0.02 && (b + 0.07).abs() < 0.02, "{a} {b}");
        }
    }

    #[test]
    fn where_voxels_leave_a_whole_one_of_room_none_is_found() {
        assert!(found(6.0, [0.0; 3], |_, _| 0.2).is_none());
        assert!(found(6.0, [0.0; 3], |u, _| 0.2 + 0.3 * u).is_some());
    }

    #[test]
    fn an_edge_is_nothing_quadratic() {
        assert!(found(8.0, [0.1, 0.2, 0.3], |u, _| -u.abs()).is_none());
        // A short one would pass, but for how much it turns and how far it goes from the edge.
        assert!(found(4.1, [0.1, 0.2, 0.3], |u, _| -u.abs()).is_none());
        assert!(found(8.0, [0.1, 0.2, 0.3], |u, v| if u > v { 2.0 } else { 0.0 }).is_none());
    }

    #[test]
    fn of_too_few_places_no_height_is_found() {
        let mut known = Known::default();
        known.add_place([0.0; 3]);
        assert!(Height::parting(&known, &mut Vec::new(), 1.0, [1.0; 2]).is_none());
    }
}
