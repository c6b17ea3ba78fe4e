//! Cases in memory, as the network sees them: at the model's spacing, cropped to the body, 2 bytes a voxel and a bit
//! for each structure. A whole child at 5 x 1.5 x 1.5 mm takes about 30 MB with eight structures.

use ndarray::{Array3, Axis, Zip};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use tmli_core::{Mask, PointLps, SpacingMm, Volume, VolumeGeometry};
use tmli_model::{Manifest, ModelError, ModelGrid, SeenPieces, hex};

use super::{
    case::{CaseSource, TrainingCase},
    config::TrainConfig,
    error::TrainError,
};
use crate::{
    NnError,
    preprocess::{CtResampler, PatientAxes, body_box, resample_mask},
};

/// What a network wants of a case.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// TG-263 names.
    pub structures: &'a [String],
    /// `[k, j, i]`; a 2D network keeps the CT's own slices.
    pub spacing_mm: [f64; 3],
    /// 2 or 3.
    pub dimensions: usize,
}

impl<'a> From<&'a TrainConfig> for Wanted<'a> {
    fn from(config: &'a TrainConfig) -> Self {
        let dimensions = config.network.dimensions();
        Self { structures: &config.structures, spacing_mm: config.spacing_mm, dimensions }
    }
}

impl<'a> From<&'a Manifest> for Wanted<'a> {
    fn from(manifest: &'a Manifest) -> Self {
        let dimensions = manifest.network.dimensions();
        Self { structures: &manifest.structures, spacing_mm: manifest.spacing_mm, dimensions }
    }
}

/// One case, ready to cut patches from.
pub(super) struct PreparedCase {
    /// Hounsfield units `[k, j, i]` at the model's spacing.
    pub ct: Volume<i16>,
    /// On the same grid; `None` where not contoured.
    pub masks: Vec<Option<Mask>>,
    /// Of this grid, `[k, j, i]`. A 2D network keeps the CT's own slices.
    pub spacing_mm: [f64; 3],
    /// How each structure falls into pieces in the contours as they were drawn, on the CT's own grid.
    pub pieces: Vec<SeenPieces>,
}

impl PreparedCase {
    /// Slices, rows, columns.
    pub(super) fn shape(&self) -> [usize; 3] {
        self.ct.geometry().shape()
    }

    /// Memory taken, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        let masks: usize = self.masks.iter().flatten().map(|m| size_of_val(m.words())).sum();
        (self.ct.data().len() * size_of::<i16>() + masks) as u64
    }

    /// Resamples a case to the grid that segmentation would give the network.
    pub(super) fn new(case: &TrainingCase, wanted: Wanted<'_>) -> Result<Self, NnError> {
        let axes = PatientAxes::of(case.ct.geometry());
        let hu = axes.view(case.ct.data().view());
        let spacing = axes.spacing(case.ct.geometry().spacing_mm());
        let dimensions = wanted.dimensions;
        let crop = body_box(hu, spacing);
        let grid = ModelGrid::for_network(spacing, crop, wanted.spacing_mm, dimensions)?;
        let [k, j, i] = grid.shape();
        let mut ct = Array3::zeros((k, j, i));
        for (mut target, plane) in ct.axis_iter_mut(Axis(0)).zip(CtResampler::new(hu, &grid)?) {
            Zip::from(&mut target).and(&plane).for_each(|t, &hu| {
                *t = hu.round().clamp(f32::from(i16::MIN), f32::from(i16::MAX)) as i16;
            });
        }
        let (masks, pieces) = case
            .masks
            .par_iter()
            .map(|mask| {
                let Some(mask) = mask else { return Ok((None, SeenPieces::default())) };
                let mask = axes.mask_from_ct(mask);
                Ok((Some(resample_mask(&mask, &grid)?), SeenPieces::of(&mask, spacing.k)))
            })
            .collect::<Result<Vec<_>, NnError>>()?
            .into_iter()
            .unzip();
        let slice_mm = if dimensions == 2 { spacing.k } else { wanted.spacing_mm[0] };
        let spacing_mm = [slice_mm, wanted.spacing_mm[1], wanted.spacing_mm[2]];
        // Nothing here depends on where in the patient the voxels are.
        let here = SpacingMm::new(spacing_mm[0], spacing_mm[1], spacing_mm[2]);
        let geometry = VolumeGeometry::axial(grid.shape(), PointLps::new(0.0, 0.0, 0.0), here);
        let ct = geometry.ok().and_then(|geometry| Volume::new(geometry, ct).ok()).ok_or_else(|| {
            ModelError::Unsuitable { reason: format!("no grid of {:?} voxels at {spacing_mm:?} mm", grid.shape()) }
        })?;
        Ok(Self { ct, masks, spacing_mm, pieces })
    }

    fn hash_into(&self, hash: &mut Sha256) {
        hash.update(format!("{:?}", self.shape()));
        let mut bytes = Vec::new();
        for row in self.ct.data().rows() {
            bytes.clear();
            bytes.extend(row.iter().flat_map(|hu| hu.to_le_bytes()));
            hash.update(&bytes);
        }
        for mask in &self.masks {
            hash.update([u8::from(mask.is_some())]);
            for words in mask.iter().flat_map(|m| m.words().chunks(1024)) {
                bytes.clear();
                bytes.extend(words.iter().flat_map(|w| w.to_le_bytes()));
                hash.update(&bytes);
            }
        }
    }
}

/// Loads cases one after the other, so that only one is in memory at full resolution.
///
/// `before` is told the number (from 0) of the case that comes next.
pub(super) fn load_cases(
    ids: &[String],
    role: &'static str,
    source: &dyn CaseSource,
    wanted: Wanted<'_>,
    before: &mut dyn FnMut(usize) -> Result<(), NnError>,
) -> Result<Vec<PreparedCase>, NnError> {
    let cases = ids.len();
    let mut prepared = Vec::with_capacity(cases);
    for (n, id) in ids.iter().enumerate() {
        before(n)?;
        prepared.push(load_case(id, (n + 1, cases, role), source, wanted)?);
    }
    Ok(prepared)
}

/// Loads one case; errors name it by its number, the number of cases, and its role.
pub(super) fn load_case(
    id: &str,
    (number, cases, role): (usize, usize, &'static str),
    source: &dyn CaseSource,
    wanted: Wanted<'_>,
) -> Result<PreparedCase, NnError> {
    let case = source.load(id).map_err(|source| TrainError::Load { number, cases, role, source })?;
    let unusable = |what: String| Err(TrainError::Case { number, cases, role, what }.into());
    if case.masks.len() != wanted.structures.len() {
        return unusable(format!("it has {} masks for {} structures", case.masks.len(), wanted.structures.len()));
    }
    let shape = case.ct.geometry().shape();
    for (mask, name) in case.masks.iter().zip(wanted.structures) {
        if let Some(mask) = mask
            && mask.shape() != shape
        {
            return unusable(format!("the mask of {name} has {:?} voxels, its CT {shape:?}", mask.shape()));
        }
    }
    PreparedCase::new(&case, wanted)
}

/// What the cases hold of each structure.
pub(super) struct Contents {
    /// Mean share of the cases' voxels, over the cases in which it was contoured; 0 when in none.
    pub shares: Vec<f64>,
    /// In how many cases it was contoured.
    pub contoured: Vec<usize>,
    /// In how many cases it has voxels.
    pub filled: Vec<usize>,
}

impl Contents {
    /// Counts voxels.
    pub(super) fn of(cases: &[PreparedCase], structures: usize) -> Self {
        let mut contents =
            Self { shares: vec![0.0; structures], contoured: vec![0; structures], filled: vec![0; structures] };
        for s in 0..structures {
            let masks =
                cases.iter().filter_map(|c| c.masks[s].as_ref().map(|m| (m.count(), c.ct.geometry().voxel_count())));
            let (mut voxels, mut all) = (0, 0);
            for (count, size) in masks {
                contents.contoured[s] += 1;
                contents.filled[s] += usize::from(count > 0);
                voxels += count;
                all += size;
            }
            contents.shares[s] = if all > 0 { voxels as f64 / all as f64 } else { 0.0 };
        }
        contents
    }

    /// Refuses a cohort without any structure; otherwise says what is doubtful.
    pub(super) fn check(&self, structures: &[String], cases: usize) -> Result<Vec<String>, TrainError> {
        if self.filled.iter().all(|&n| n == 0) {
            return Err(TrainError::NoStructures { cases, structures: structures.join(", ") });
        }
        let mut warnings = Vec::new();
        for (s, name) in structures.iter().enumerate() {
            if self.contoured[s] == 0 {
                warnings.push(format!(
                    "{name} is contoured in none of the {cases} training cases: the network learns nothing about it"
                ));
            } else if self.filled[s] == 0 {
                warnings.push(format!(
                    "{name} has no voxel in any of the {cases} training cases: the network learns to leave it empty"
                ));
            } else if self.contoured[s] < cases {
                let missing = cases - self.contoured[s];
                warnings.push(format!(
                    "{name} is not contoured in {missing} of {cases} training cases: these say nothing about it"
                ));
            }
        }
        Ok(warnings)
    }
}

/// SHA-256 of all voxels, so that a resumed training notices other data under the same names.
pub(super) fn fingerprint(cases: &[&PreparedCase]) -> String {
    // Case by case in parallel, then over the hashes in order.
    let parts: Vec<[u8; 32]> = cases
        .par_iter()
        .map(|case| {
            let mut hash = Sha256::new();
            case.hash_into(&mut hash);
            hash.finalize().into()
        })
        .collect();
    hex(&Sha256::digest(parts.concat()))
}
