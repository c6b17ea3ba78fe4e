//! Random changes of a patch, so that a network trained on few children knows others.
//!
//! **Never a mirror image.** Left and right kidneys, lenses, parotids and eyes are structures of their own and look
//! alike: a network that was shown mirrored children would learn that either side may bear either name. The liver is
//! always on the right, too, and knowing it helps. Every affine map drawn here has a positive determinant.

use rand::Rng;
use serde::{Deserialize, Serialize};

/// How far patches are changed. Zeros (see [`Augmentation::none`]) leave them as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Augmentation {
    /// Share of patches that are rotated and scaled, `0..=1`.
    pub affine_share: f64,
    /// Largest rotation about the slice axis (in the axial plane), degrees.
    pub rotation_axial_deg: f64,
    /// Largest rotation about the row and the column axis, degrees; 3D patches only.
    pub rotation_tilt_deg: f64,
    /// Largest relative change of size: 0.2 draws factors between 1/1.2 and 1.2, one for all axes.
    pub scale: f64,
    /// Largest relative change of size of one axis alone.
    pub stretch: f64,
    /// Largest shift, as a share of the patch's size.
    pub shift: f64,
    /// Share of patches that are bent, `0..=1`.
    pub elastic_share: f64,
    /// Largest displacement of bent patches, mm.
    pub elastic_mm: f64,
    /// Contrast: intensities times a factor between `1 - contrast` and `1 + contrast`.
    pub contrast: f64,
    /// Brightness: intensities, which are -1 to 1, plus at most this.
    pub brightness: f64,
    /// Largest standard deviation of noise, in units of the intensities -1 to 1.
    pub noise: f64,
    /// Share of patches that are blurred in the axial plane, `0..=1`.
    pub blur_share: f64,
}

impl Default for Augmentation {
    fn default() -> Self {
        Self {
            affine_share: 0.8,
            rotation_axial_deg: 12.0,
            rotation_tilt_deg: 5.0,
            scale: 0.2,
            stretch: 0.08,
            shift: 0.05,
            elastic_share: 0.0,
            elastic_mm: 6.0,
            contrast: 0.1,
            brightness: 0.05,
            noise: 0.05,
            blur_share: 0.1,
        }
    }
}

impl Augmentation {
    /// Leaves patches as they are.
    pub const fn none() -> Self {
        Self {
            affine_share: 0.0,
            rotation_axial_deg: 0.0,
            rotation_tilt_deg: 0.0,
            scale: 0.0,
            stretch: 0.0,
            shift: 0.0,
            elastic_share: 0.0,
            elastic_mm: 0.0,
            contrast: 0.0,
            brightness: 0.0,
            noise: 0.0,
            blur_share: 0.0,
        }
    }

    /// Name, value, least and greatest that make sense. 45 degrees and a factor of 2 keep an organ recognisable.
    pub(super) fn ranges(&self) -> [(&'static str, f64, f64, f64); 12] {
        [
            ("augmentation.affine_share", self.affine_share, 0.0, 1.0),
            ("augmentation.rotation_axial_deg", self.rotation_axial_deg, 0.0, 45.0),
            ("augmentation.rotation_tilt_deg", self.rotation_tilt_deg, 0.0, 45.0),
            ("augmentation.scale", self.scale, 0.0, 1.0),
            ("augmentation.stretch", self.stretch, 0.0, 0.5),
            ("augmentation.shift", self.shift, 0.0, 0.5),
            ("augmentation.elastic_share", self.elastic_share, 0.0, 1.0),
            ("augmentation.elastic_mm", self.elastic_mm, 0.0, 50.0),
            ("augmentation.contrast", self.contrast, 0.0, 0.9),
            ("augmentation.brightness", self.brightness, 0.0, 1.0),
            ("augmentation.noise", self.noise, 0.0, 1.0),
            ("augmentation.blur_share", self.blur_share, 0.0, 1.0),
        ]
    }
}

/// A drawn affine change of a patch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct AffineChange {
    /// From an offset to the patch's centre to an offset in the case, both in voxels `[k, j, i]`. Its determinant is
    /// positive: no mirror image.
    pub source_from_patch: [[f64; 3]; 3],
    /// Added to the patch's centre, voxels `[k, j, i]`.
    pub shift: [f64; 3],
}

impl AffineChange {
    /// Leaves the patch as it is.
    pub(super) const IDENTITY: Self =
        Self { source_from_patch: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], shift: [0.0; 3] };
}

type Matrix = [[f64; 3]; 3];

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    std::array::from_fn(|r| std::array::from_fn(|c| (0..3).map(|m| a[r][m] * b[m][c]).sum()))
}

/// Rotation in the plane of the axes `a` and `b`.
fn rotation(a: usize, b: usize, degrees: f64) -> Matrix {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let mut m = AffineChange::IDENTITY.source_from_patch;
    (m[a][a], m[a][b], m[b][a], m[b][b]) = (cos, -sin, sin, cos);
    m
}

impl Augmentation {
    /// Draws a rotation (in millimetres, so that it does not shear on voxels that are no cubes), a scale and a shift.
    /// A patch of one slice stays in its slice.
    pub(super) fn draw_affine(&self, rng: &mut impl Rng, patch: [usize; 3], spacing_mm: [f64; 3]) -> AffineChange {
        if !rng.random_bool(self.affine_share.clamp(0.0, 1.0)) {
            return AffineChange::IDENTITY;
        }
        let flat = patch[0] == 1;
        let mut within = |limit: f64| rng.random_range(-1.0..=1.0) * limit;
        let mut change_mm = rotation(1, 2, within(self.rotation_axial_deg));
        let tilts = [within(self.rotation_tilt_deg), within(self.rotation_tilt_deg)];
        if !flat {
            change_mm = product(&change_mm, &rotation(0, 1, tilts[0]));
            change_mm = product(&change_mm, &rotation(0, 2, tilts[1]));
        }
        // Factors are drawn on a logarithmic scale, so that larger and smaller are equally likely.
        let scale = within(self.scale.ln_1p()).exp();
        let stretch: [f64; 3] = std::array::from_fn(|_| within(self.stretch.ln_1p()).exp());
        let shift: [f64; 3] = std::array::from_fn(|axis| within(self.shift) * patch[axis] as f64);
        let mut source_from_patch: Matrix = std::array::from_fn(|r| {
            std::array::from_fn(|c| change_mm[r][c] * scale * stretch[c] * spacing_mm[c] / spacing_mm[r])
        });
        if flat {
            source_from_patch[0] = [1.0, 0.0, 0.0];
            source_from_patch[1][0] = 0.0;
            source_from_patch[2][0] = 0.0;
            return AffineChange { source_from_patch, shift: [0.0, shift[1], shift[2]] };
        }
        AffineChange { source_from_patch, shift }
    }

    /// Draws a bend of the patch, or none.
    pub(super) fn draw_bend(&self, rng: &mut impl Rng, patch: [usize; 3], spacing_mm: [f64; 3]) -> Option<Bend> {
        if self.elastic_share <= 0.0 || !rng.random_bool(self.elastic_share.clamp(0.0, 1.0)) {
            return None;
        }
        let points = patch.map(|n| if n > 1 { BEND_POINTS } else { 1 });
        let limits: [f64; 3] = std::array::from_fn(|axis| {
            let between = patch[axis] as f64 / (BEND_POINTS - 1) as f64;
            if patch[axis] > 1 { (self.elastic_mm / spacing_mm[axis]).min(BEND_LIMIT * between) } else { 0.0 }
        });
        let count = points.iter().product();
        let displacement =
            (0..count).map(|_| std::array::from_fn(|axis| rng.random_range(-1.0..=1.0) * limits[axis])).collect();
        Some(Bend { points, patch, displacement })
    }

    /// Changes contrast, brightness, sharpness and noise of intensities between -1 and 1, `[k, j, i]` in a row.
    pub(super) fn change_intensities(&self, rng: &mut impl Rng, patch: [usize; 3], values: &mut [f32]) {
        let contrast = 1.0 + rng.random_range(-1.0f32..=1.0) * self.contrast as f32;
        let brightness = rng.random_range(-1.0f32..=1.0) * self.brightness as f32;
        let noise = rng.random_range(0.0f32..=1.0) * self.noise as f32;
        if self.blur_share > 0.0 && rng.random_bool(self.blur_share.clamp(0.0, 1.0)) {
            blur(values, patch, rng.random_range(0.05f32..=0.25));
        }
        if noise > 0.0 {
            // The sum of four even numbers is normal enough, and one draw of 64 bits gives all four. Its variance is
            // 4 / 12 of the square of their range.
            let factor = noise * 3.0f32.sqrt() / 65_535.0;
            for value in values.iter_mut() {
                let bits = rng.next_u64();
                let sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
                *value = *value * contrast + brightness + (sum as f32 - 2.0 * 65_535.0) * factor;
            }
        } else if contrast != 1.0 || brightness != 0.0 {
            for value in values.iter_mut() {
                *value = *value * contrast + brightness;
            }
        }
    }
}

/// Weights `side, 1 - 2 side, side` along rows and columns. The outermost voxels stay as they are.
fn blur(values: &mut [f32], [_, rows, columns]: [usize; 3], side: f32) {
    let middle = 1.0 - 2.0 * side;
    for row in values.chunks_mut(columns) {
        let mut before = row[0];
        for i in 1..columns.saturating_sub(1) {
            let here = row[i];
            row[i] = side * (before + row[i + 1]) + middle * here;
            before = here;
        }
    }
    for slice in values.chunks_mut(rows * columns) {
        let mut before = slice[..columns].to_vec();
        for j in 1..rows.saturating_sub(1) {
            for i in 0..columns {
                let here = slice[j * columns + i];
                slice[j * columns + i] = side * (before[i] + slice[(j + 1) * columns + i]) + middle * here;
                before[i] = here;
            }
        }
    }
}

/// Control points of a bend per axis.
const BEND_POINTS: usize = 5;
/// Largest displacement, as a share of the distance between control points: two neighbours may move towards each other
/// by twice as much, and at less than half the space never folds.
const BEND_LIMIT: f64 = 0.2;

/// A smooth displacement: random at a few control points, linear between them.
pub(super) struct Bend {
    points: [usize; 3],
    patch: [usize; 3],
    displacement: Vec<[f64; 3]>,
}

impl Bend {
    /// Displacement in voxels at a patch's voxel.
    pub(super) fn at(&self, kji: [usize; 3]) -> [f64; 3] {
        let mut low = [0; 3];
        let mut part = [0.0; 3];
        for axis in 0..3 {
            if self.points[axis] > 1 {
                let x = kji[axis] as f64 * (self.points[axis] - 1) as f64 / self.patch[axis] as f64;
                low[axis] = (x as usize).min(self.points[axis] - 2);
                part[axis] = x - low[axis] as f64;
            }
        }
        let mut sum = [0.0; 3];
        for corner in 0..8usize {
            let mut weight = 1.0;
            let mut index = 0;
            for axis in 0..3 {
                let high = corner >> axis & 1;
                weight *= if high == 1 { part[axis] } else { 1.0 - part[axis] };
                index = index * self.points[axis] + (low[axis] + high).min(self.points[axis] - 1);
            }
            if weight > 0.0 {
                for (s, d) in sum.iter_mut().zip(self.displacement[index]) {
                    *s += weight * d;
                }
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// As far as settings may go.
    fn wild() -> Augmentation {
        Augmentation {
            affine_share: 1.0,
            rotation_axial_deg: 45.0,
            rotation_tilt_deg: 45.0,
            scale: 1.0,
            stretch: 0.5,
            elastic_share: 1.0,
            elastic_mm: 50.0,
            ..Augmentation::default()
        }
    }

    fn determinant(m: &Matrix) -> f64 {
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    }

    #[test]
    fn no_draw_mirrors_the_patient() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for patch in [[1, 64, 64], [16, 64, 64]] {
            for _ in 0..5000 {
                let change = wild().draw_affine(&mut rng, patch, [5.0, 1.5, 1.0]);
                assert!(determinant(&change.source_from_patch) > 0.0, "{change:?}");
                // A mirror image and a turn of 180 degrees look alike to a determinant: the patient's left must also
                // stay on the same side, and the head up.
                assert!((0..3).all(|axis| change.source_from_patch[axis][axis] > 0.0), "{change:?}");
            }
        }
    }

    #[test]
    fn no_bend_folds_space() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let patch = [8, 40, 40];
        for _ in 0..50 {
            let bend = wild().draw_bend(&mut rng, patch, [5.0, 1.5, 1.0]).expect("always drawn");
            for (k, j, i) in (0..7).flat_map(|k| (0..39).flat_map(move |j| (0..39).map(move |i| (k, j, i)))) {
                let here = bend.at([k, j, i]);
                let next = [[k + 1, j, i], [k, j + 1, i], [k, j, i + 1]].map(|p| bend.at(p));
                let jacobian: Matrix = std::array::from_fn(|r| {
                    std::array::from_fn(|c| next[c][r] - here[r] + if r == c { 1.0 } else { 0.0 })
                });
                assert!(determinant(&jacobian) > 0.0, "at {k} {j} {i}");
            }
        }
    }

    #[test]
    fn a_rotation_keeps_millimetres_on_voxels_that_are_no_cubes() {
        let turning = Augmentation { scale: 0.0, stretch: 0.0, ..wild() };
        let spacing = [5.0, 1.5, 1.0];
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for _ in 0..100 {
            let m = turning.draw_affine(&mut rng, [16, 64, 64], spacing).source_from_patch;
            for axis in 0..3 {
                let length: f64 = (0..3).map(|r| (m[r][axis] * spacing[r]).powi(2)).sum::<f64>().sqrt();
                assert!((length - spacing[axis]).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn a_slice_stays_in_its_slice() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        for _ in 0..100 {
            let change = wild().draw_affine(&mut rng, [1, 64, 64], [5.0, 1.5, 1.0]);
            let m = change.source_from_patch;
            assert_eq!((m[0], change.shift[0]), ([1.0, 0.0, 0.0], 0.0));
            let bend = wild().draw_bend(&mut rng, [1, 64, 64], [5.0, 1.5, 1.0]).expect("always drawn");
            assert_eq!(bend.at([0, 31, 17])[0], 0.0);
        }
    }

    #[test]
    fn noise_has_the_deviation_asked_for_at_most_and_a_mean_of_zero() {
        let noisy = Augmentation { noise: 0.2, ..Augmentation::none() };
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut largest = 0.0_f64;
        for _ in 0..40 {
            let mut values = vec![0.0; 4096];
            noisy.change_intensities(&mut rng, [1, 64, 64], &mut values);
            let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / 4096.0;
            let variance = values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / 4096.0;
            assert!(mean.abs() < 0.02);
            largest = largest.max(variance.sqrt());
        }
        assert!((0.15..0.21).contains(&largest), "{largest}");
    }

    #[test]
    fn a_blur_keeps_the_sum_away_from_the_edges() {
        let mut values = vec![0.0_f32; 81];
        values[40] = 1.0;
        blur(&mut values, [1, 9, 9], 0.25);
        assert!((values.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert_eq!(values[40], 0.25);
        assert_eq!((values[39], values[31], values[30]), (0.125, 0.125, 0.0625));
    }
}
