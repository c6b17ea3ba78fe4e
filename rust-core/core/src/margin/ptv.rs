//! The planning target volume.

use super::{MarginError, MarginMm, check_shape, expand};
use crate::{geometry::VolumeGeometry, mask::Mask};

/// What a planning target volume is made of.
#[derive(Clone, Debug, Default)]
pub struct PtvRequest<'a> {
    /// Clinical target volumes, each with its own margin.
    pub ctvs: Vec<(&'a Mask, MarginMm)>,
    /// The patient's body: nothing outside of it belongs to the PTV.
    pub body: Option<&'a Mask>,
    /// Structures that the PTV keeps away from, each with the distance in mm; 0 cuts off the structure itself.
    pub crop: Vec<(&'a Mask, f64)>,
}

/// The union of the CTVs, each expanded by its own margin, inside of the body, without what is within the given
/// distance of a structure to crop by. The distance counts between centres of voxels; cropping takes away parts of a
/// CTV as well.
///
/// # Errors
/// [`MarginError::NoCtv`] without a CTV; [`MarginError::Value`] and [`MarginError::Shape`] as [`expand`].
///
/// ```
/// use tmli_core::{Mask, PointLps, SpacingMm, VolumeGeometry, margin::{MarginMm, PtvRequest, ptv}};
///
/// let geometry = VolumeGeometry::axial([1, 1, 20], PointLps::new(0.0, 0.0, 0.0), SpacingMm::new(5.0, 1.0, 1.0))?;
/// let voxels = |from: usize, to: usize| Mask::from_fn(geometry.shape(), |[_, _, i]| (from..to).contains(&i));
/// let (ctv, body, lens) = (voxels(8, 10), voxels(6, 20), voxels(14, 16));
/// let request = PtvRequest {
///     ctvs: vec![(&ctv, MarginMm::uniform(5.0))],
///     body: Some(&body),
///     crop: vec![(&lens, 2.0)],
/// };
/// assert_eq!(ptv(&geometry, &request)?, voxels(6, 12));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn ptv(geometry: &VolumeGeometry, request: &PtvRequest<'_>) -> Result<Mask, MarginError> {
    ptv_with(geometry, request, || Ok(()))
}

/// As [`ptv`], for a caller who wants to tell how far it is or to end it: `before_each` is called before each of the
/// `ctvs.len() + crop.len()` margins, and its error ends the work.
///
/// # Errors
/// As [`ptv`], and those of `before_each`.
pub fn ptv_with<E: From<MarginError>>(
    geometry: &VolumeGeometry,
    request: &PtvRequest<'_>,
    mut before_each: impl FnMut() -> Result<(), E>,
) -> Result<Mask, E> {
    if request.ctvs.is_empty() {
        return Err(MarginError::NoCtv.into());
    }
    let mut target = Mask::new(geometry.shape());
    for (ctv, margin) in &request.ctvs {
        before_each()?;
        target.union_with(&expand(ctv, geometry, *margin)?);
    }
    if let Some(body) = request.body {
        check_shape(body, geometry)?;
        target.intersect_with(body);
    }
    for (structure, distance_mm) in &request.crop {
        before_each()?;
        target.subtract(&expand(structure, geometry, MarginMm::uniform(*distance_mm))?);
    }
    Ok(target)
}
