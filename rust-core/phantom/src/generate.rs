//! From a seed to a child.

use ndarray::{Array3, Axis};
use rayon::prelude::*;
use tmli_core::{Mask, PointLps, Segment, Segmentation, SpacingMm, Volume, VolumeGeometry};

use crate::{
    abdomen,
    growth::{AGE_RANGE, Sex},
    head,
    landmarks::Body,
    limbs,
    noise::{self, Noise},
    paint::{Canvas, Scene, SliceGrid},
    pelvis,
    random::{Concern, Draw},
    skeleton, skin,
    structures::{BODY, NAMES, settle},
    table, targets, thorax,
    warp::Warp,
};

/// Edge of the reconstructed field, mm.
const FIELD_MM: f64 = 500.0;
/// Distance between slices, mm.
const SLICE_MM: f64 = 5.0;
/// How far the scan goes on below the knee joint, mm.
const BELOW_KNEE_MM: f64 = 60.0;
/// Targets stop this far above the knee joint, mm.
const TARGETS_ABOVE_KNEE_MM: f64 = 15.0;
/// Slices painted together: bounds the memory that waits to be joined.
const BATCH: usize = 16;

/// Pixels along an edge of the slice; the field is always 500 mm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matrix {
    /// 512 x 512 pixels of 0.977 mm, as a scanner makes them.
    M512,
    /// 256 x 256 pixels of 1.95 mm.
    M256,
    /// 128 x 128 pixels of 3.91 mm, for quick tests.
    M128,
}

impl Matrix {
    /// Pixels along an edge.
    pub const fn columns(self) -> usize {
        match self {
            Self::M512 => 512,
            Self::M256 => 256,
            Self::M128 => 128,
        }
    }
}

/// Which child to make. The same options make the same child, voxel for voxel; another matrix samples the same
/// anatomy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PhantomOptions {
    /// Names the cohort.
    pub seed: u64,
    /// Number of the child in the cohort.
    pub case: u32,
    /// Age in years, taken into 2 to 17; drawn from seed and case when there is none (or none that is a number).
    pub age_years: Option<f64>,
    /// Resolution.
    pub matrix: Matrix,
}

/// A synthetic child.
#[derive(Clone, Debug)]
pub struct Phantom {
    /// Hounsfield units on an axial grid, head first, supine.
    pub ct: Volume<i16>,
    /// The 25 structures under their TG-263 names, in the protocol's order.
    pub segmentation: Segmentation,
    /// Everything inside the skin. The tips of some bones are not: shapes do not quite meet everywhere.
    pub body: Mask,
    /// Age in years.
    pub age_years: f64,
    /// Boy or girl.
    pub sex: Sex,
    /// Standing height.
    pub height_cm: f64,
    /// Height (LPS z, mm) of the knee joints, so that a test can see targets stop above it.
    pub knee_z_mm: f64,
}

/// Makes a child. Works on all threads of the current rayon pool; the result doesn't depend on their number.
pub fn generate(options: &PhantomOptions) -> Phantom {
    let PhantomOptions { seed, case, matrix, .. } = *options;
    let drawn = Draw::new(seed, case, Concern::Age).uniform(AGE_RANGE[0], AGE_RANGE[1]);
    let age = options.age_years.filter(|a| a.is_finite()).map_or(drawn, |a| a as f32).clamp(AGE_RANGE[0], AGE_RANGE[1]);
    let body = Body::new(seed, case, age);
    let warp = Warp::new(body.growth.height, &mut Draw::new(seed, case, Concern::Warp));
    let mut place = Draw::numbered(seed, case, Concern::Table, 50);

    // The scan's first and last slice, in the child's frame and then in the scanner's.
    let columns = matrix.columns();
    let pixel = FIELD_MM / columns as f64;
    let bottom = f64::from(body.knee_z) - BELOW_KNEE_MM + f64::from(place.uniform(-4.0, 4.0));
    let slices = ((f64::from(body.growth.height) + 12.0 - bottom) / SLICE_MM).ceil() as usize;
    let centre = [f64::from(place.bell(0.0, 2.0)), 15.0 + f64::from(place.bell(0.0, 4.0))];
    let first = [centre[0] - 0.5 * (FIELD_MM - pixel), centre[1] - 0.5 * (FIELD_MM - pixel)];
    // Tables stand where they stand: the scanner's zero is somewhere along the child.
    let origin_z = (f64::from(place.uniform(-900.0, -300.0)) * 2.0).round() / 2.0;
    let shift_z = origin_z - bottom;
    let grid = SliceGrid { columns, pixel: pixel as f32, origin: [first[0] as f32, first[1] as f32] };

    let knee_stop = body.knee_z + TARGETS_ABOVE_KNEE_MM as f32;
    let scene = compose(&body, knee_stop);
    let grain = Noise { grain: place.uniform(8.0, 14.0) };
    let shape = [slices, columns, columns];
    let mut hu = Array3::<i16>::zeros(shape);
    let mut masks: Vec<Mask> = (0..MASKS).map(|_| Mask::new(shape)).collect();
    let words = columns.div_ceil(64);
    for (number, mut batch) in hu.axis_chunks_iter_mut(Axis(0), BATCH).enumerate() {
        let start = number * BATCH;
        let labels: Vec<Vec<u64>> = batch
            .axis_iter_mut(Axis(0))
            .into_par_iter()
            .enumerate()
            .map_init(
                || (Canvas::new(grid), Vec::new()),
                |(canvas, field), (n, mut slice)| {
                    let k = start + n;
                    canvas.paint(&scene, grid, (bottom + SLICE_MM * k as f64) as f32, &warp);
                    let mut draw = Draw::numbered(seed, case, Concern::Noise, k as u64);
                    noise::apply(canvas, grid, grain, &mut draw, field);
                    for (out, value) in slice.iter_mut().zip(&canvas.hu) {
                        *out = value.round().clamp(-1024.0, 3071.0) as i16;
                    }
                    pack(&canvas.label, columns, words)
                },
            )
            .collect();
        for (k, slice) in (start..).zip(&labels) {
            for (mask, rows) in masks.iter_mut().zip(slice.chunks(words * columns)) {
                for (j, row) in rows.chunks(words).enumerate() {
                    mask.row_mut(k, j).copy_from_slice(row);
                }
            }
        }
    }

    let body_mask = masks.split_off(NAMES.len()).swap_remove(0);
    let geometry = axial(shape, [first[0], first[1], origin_z], pixel);
    let segments = NAMES.iter().zip(masks).map(|(name, mask)| Segment { name: (*name).to_owned(), mask }).collect();
    let segmentation = Segmentation { geometry: geometry.clone(), segments };
    #[expect(clippy::expect_used, reason = "the array was made with the shape of the geometry")]
    let ct = Volume::new(geometry, hu).expect("array and geometry of one shape");
    Phantom {
        ct,
        segmentation,
        body: body_mask,
        age_years: f64::from(body.growth.age),
        sex: body.growth.sex,
        height_cm: f64::from(body.growth.height) / 10.0,
        knee_z_mm: f64::from(body.knee_z) + shift_z,
    }
}

#[expect(clippy::expect_used, reason = "a grid of positive spacing and at least one voxel is always valid")]
fn axial(shape: [usize; 3], origin: [f64; 3], pixel: f64) -> VolumeGeometry {
    VolumeGeometry::axial(shape, PointLps(origin), SpacingMm::new(SLICE_MM, pixel, pixel)).expect("a valid grid")
}

/// All parts in the order of painting: what comes later lies over what came before.
fn compose(body: &Body, knee_stop: f32) -> Scene {
    let mut scene = Scene::default();
    let scene = &mut scene;
    table::paint(body, scene);
    limbs::paint_skin(body, scene);
    skin::paint(body, scene);
    limbs::paint_muscle(body, scene);
    thorax::paint(body, scene);
    abdomen::paint_diaphragm(body, scene);
    thorax::paint_heart(body, scene);
    abdomen::paint(body, scene);
    pelvis::paint_organs(body, scene);
    targets::paint_vessels(body, scene);
    skeleton::paint_cage(body, scene);
    pelvis::paint_bones(body, scene);
    limbs::paint_bones(body, scene, knee_stop);
    head::paint(body, scene);
    skeleton::paint_spine(body, scene);
    head::paint_brainstem(body, scene);
    thorax::paint_tubes(body, scene);
    targets::paint(body, scene);
    std::mem::take(scene)
}

/// The structures and the body.
const MASKS: usize = NAMES.len() + 1;

/// Labels of one slice as mask words: structure after structure, then the body; row after row.
fn pack(labels: &[u32], columns: usize, words: usize) -> Vec<u64> {
    let size = words * columns;
    let mut packed = vec![0u64; MASKS * size];
    for (at, &label) in labels.iter().enumerate() {
        if label == 0 {
            continue;
        }
        let in_body = u32::from(label & BODY != 0) << NAMES.len();
        let mut bits = settle(label) & ((1 << NAMES.len()) - 1) | in_body;
        let (j, i) = (at / columns, at % columns);
        while bits != 0 {
            let structure = bits.trailing_zeros() as usize;
            packed[structure * size + j * words + i / 64] |= 1 << (i % 64);
            bits &= bits - 1;
        }
    }
    packed
}
