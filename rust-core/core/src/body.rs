//! The patient's outline in a CT, for cutting a PTV to the body where nobody contoured it.

use ndarray::{ArrayView2, ArrayView3, Axis};
use rayon::prelude::*;

use crate::{
    components::keep_from_share,
    geometry::VolumeGeometry,
    margin::{MarginError, MarginMm, expand, shrink},
    mask::Mask,
};

/// Tissue is denser than this; air, foam and most of a lung are not. HU.
pub const TISSUE_HU: i16 = -300;
/// An enclosed hollow with a mean above this is lung: lungs are near -800 HU, the foam in a table top is below -940 HU
/// and air is -1000 HU.
const LUNG_HU: f64 = -920.0;
/// What is less than twice as thick is taken off: sheets of the table and of a mask are 2 to 5 mm thick, skin with
/// what lies behind it is more.
const OPENING_MM: f64 = 4.0;
/// A piece with this share of the largest piece's voxels is body too: the other leg of a scan of the legs.
const PIECE_SHARE: f64 = 0.1;

/// Why there is no outline.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BodyError {
    /// Voxels and grid disagree.
    #[error("the CT has {ct:?} voxels (k, j, i) and the geometry {geometry:?}; give the geometry of this CT")]
    Shape {
        /// Slices, rows, columns of the CT.
        ct: [usize; 3],
        /// Slices, rows, columns of the geometry.
        geometry: [usize; 3],
    },
    /// Nothing in the CT is as dense and as thick as a body.
    #[error(
        "no body was found: nothing denser than {TISSUE_HU} HU is at least 8 mm thick; the values must be Hounsfield \
         units"
    )]
    NotFound,
    /// Pixels larger than any margin.
    #[error(transparent)]
    Margin(#[from] MarginError),
}

/// The patient, skin included, in Hounsfield units `[k, j, i]`; without table, cushion and mask as far as they are thin
/// or lie apart.
///
/// 1. Tissue is what is denser than -300 HU. Lungs are added: hollows enclosed in a slice `k` with a mean above
///    -920 HU. Otherwise step 2 would take away a thin chest wall.
/// 2. An opening with a ball of 4 mm (of one pixel where pixels are larger) takes off what is thinner than 8 mm, such
///    as the shells of a table top. What is tissue within 4 mm of the rest comes back: the tip of a nose, the rim of an
///    ear.
/// 3. The largest piece stays, and every other with a tenth of its voxels: two legs may be apart.
/// 4. What is enclosed in a slice `k` is filled: bowel gas, windpipe.
///
/// Solid things thicker than 8 mm that touch the patient stay in.
///
/// # Errors
/// [`BodyError::Shape`]; [`BodyError::NotFound`] for a CT of air or values that are no Hounsfield units;
/// [`BodyError::Margin`] where pixels are larger than 100 mm.
///
/// ```
/// use ndarray::Array3;
/// use tmli_core::{PointLps, SpacingMm, VolumeGeometry, body_mask};
///
/// let spacing = SpacingMm::new(5.0, 2.0, 2.0);
/// let geometry = VolumeGeometry::axial([3, 40, 40], PointLps::new(0.0, 0.0, 0.0), spacing)?;
/// let mut ct = Array3::from_elem((3, 40, 40), -1000_i16);
/// ct.slice_mut(ndarray::s![.., 10..30, 10..30]).fill(30);
/// ct.slice_mut(ndarray::s![.., 32..34, ..]).fill(200); // a table top of 4 mm
/// let body = body_mask(ct.view(), &geometry)?;
/// assert!(body.get([1, 11, 20]) && !body.get([1, 32, 20]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn body_mask(hu: ArrayView3<'_, i16>, geometry: &VolumeGeometry) -> Result<Mask, BodyError> {
    let shape = <[usize; 3]>::from(hu.dim());
    if shape != geometry.shape() {
        return Err(BodyError::Shape { ct: shape, geometry: geometry.shape() });
    }
    let solid = per_slice(shape, |k| with_lungs(hu.index_axis(Axis(0), k)));
    let spacing = geometry.spacing_mm();
    let pixel_mm = spacing.j.max(spacing.i);
    let ball_mm = OPENING_MM.max(pixel_mm);
    let grown = |mask: &Mask, mm: f64| expand(mask, geometry, MarginMm::uniform(mm));
    let thick = shrink(&solid, geometry, MarginMm::uniform(ball_mm))?;
    let mut body = grown(&keep_from_share(&thick, PIECE_SHARE), ball_mm)?;
    if body.is_empty() {
        return Err(BodyError::NotFound);
    }
    // Pixel by pixel: over the gap below a mask there is no way.
    for _ in 0..(ball_mm / pixel_mm).ceil() as usize {
        body = grown(&body, pixel_mm)?;
        body.intersect_with(&solid);
    }
    let [_, rows, columns] = shape;
    Ok(per_slice(shape, |k| silhouette(&flags(&body, k), rows, columns)))
}

/// A mask from the flags of each slice, row after row.
fn per_slice(shape: [usize; 3], flags_of: impl Fn(usize) -> Vec<bool> + Sync) -> Mask {
    let mut mask = Mask::new(shape);
    let columns = shape[2];
    let (slices, per_row) = mask.slices_mut();
    slices.enumerate().for_each(|(k, words)| {
        for (at, _) in flags_of(k).iter().enumerate().filter(|(_, flag)| **flag) {
            let (j, i) = (at / columns, at % columns);
            words[j * per_row + i / 64] |= 1 << (i % 64);
        }
    });
    mask
}

fn flags(mask: &Mask, k: usize) -> Vec<bool> {
    let [_, rows, columns] = mask.shape();
    (0..rows)
        .flat_map(|j| {
            let row = mask.row(k, j);
            (0..columns).map(move |i| row[i / 64] >> (i % 64) & 1 == 1)
        })
        .collect()
}

/// Tissue and lungs of a slice.
fn with_lungs(slice: ArrayView2<'_, i16>) -> Vec<bool> {
    let (rows, columns) = slice.dim();
    let hu: Vec<i16> = slice.iter().copied().collect();
    let mut solid: Vec<bool> = hu.iter().map(|&hu| hu > TISSUE_HU).collect();
    let inside = silhouette(&solid, rows, columns);
    let mut hollow: Vec<bool> = inside.iter().zip(&solid).map(|(&inside, &solid)| inside && !solid).collect();
    for start in 0..hollow.len() {
        if !hollow[start] {
            continue;
        }
        hollow[start] = false;
        let mut region = vec![start];
        let mut next = 0;
        while let Some(&at) = region.get(next) {
            next += 1;
            for neighbour in neighbours(at, rows, columns).into_iter().flatten() {
                if std::mem::take(&mut hollow[neighbour]) {
                    region.push(neighbour);
                }
            }
        }
        let mean = region.iter().map(|&at| f64::from(hu[at])).sum::<f64>() / region.len() as f64;
        if mean > LUNG_HU {
            region.iter().for_each(|&at| solid[at] = true);
        }
    }
    solid
}

/// Marks everything of a plane that the outside does not reach over edges of pixels: what is `solid`, and the hollows
/// that it encloses. `solid` is read row after row; the plane's border counts as outside.
pub fn silhouette(solid: &[bool], rows: usize, columns: usize) -> Vec<bool> {
    let mut inside = vec![true; solid.len()];
    let mut stack = Vec::new();
    let mut visit = |at: usize, stack: &mut Vec<usize>| {
        if inside[at] && !solid[at] {
            inside[at] = false;
            stack.push(at);
        }
    };
    for j in 0..rows {
        for i in 0..columns {
            if j == 0 || i == 0 || j + 1 == rows || i + 1 == columns {
                visit(j * columns + i, &mut stack);
            }
        }
    }
    while let Some(at) = stack.pop() {
        for neighbour in neighbours(at, rows, columns).into_iter().flatten() {
            visit(neighbour, &mut stack);
        }
    }
    inside
}

/// The pixels that share an edge with this one.
fn neighbours(at: usize, rows: usize, columns: usize) -> [Option<usize>; 4] {
    let (j, i) = (at / columns, at % columns);
    [
        (j > 0).then(|| at - columns),
        (j + 1 < rows).then(|| at + columns),
        (i > 0).then(|| at - 1),
        (i + 1 < columns).then(|| at + 1),
    ]
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use ndarray::Array3;

    use super::*;
    use crate::geometry::{PointLps, SpacingMm};

    fn grid(shape: [usize; 3]) -> VolumeGeometry {
        VolumeGeometry::axial(shape, PointLps::new(0.0, 0.0, 0.0), SpacingMm::new(5.0, 1.0, 1.0)).expect("a grid")
    }

    fn found(ct: &Array3<i16>) -> Mask {
        body_mask(ct.view(), &grid(ct.dim().into())).expect("a body")
    }

    /// Gives a box over all slices one value.
    fn fill(ct: &mut Array3<i16>, rows: Range<usize>, columns: Range<usize>, hu: i16) {
        for ((_, j, i), value) in ct.indexed_iter_mut() {
            if rows.contains(&j) && columns.contains(&i) {
                *value = hu;
            }
        }
    }

    /// A block of tissue in air; rows and columns 40 to 80.
    fn block() -> Array3<i16> {
        let mut ct = Array3::from_elem((6, 120, 160), -1000_i16);
        fill(&mut ct, 40..80, 40..80, 40);
        ct
    }

    #[test]
    fn a_thin_chest_wall_stays_and_lung_and_gas_are_inside() {
        let mut ct = block();
        // Walls of 4 mm round a lung; gas with walls of 10 mm.
        fill(&mut ct, 44..76, 44..56, -800);
        fill(&mut ct, 55..60, 65..70, -1000);
        let body = found(&ct);
        assert!(body.get([3, 42, 50]) && body.get([3, 60, 50]) && body.get([3, 57, 67]));
        // The opening rounds the corners.
        assert!((1600 - 40..=1600).contains(&(body.count() / 6)), "{}", body.count());
    }

    #[test]
    fn a_hollow_table_under_the_patient_is_left_out() {
        let mut ct = block();
        fill(&mut ct, 80..110, 5..155, 150);
        fill(&mut ct, 83..107, 8..152, -960);
        let body = found(&ct);
        // Where the patient lies on it, the sheet of 3 mm can't be told from skin, and 3 mm beside.
        assert_eq!(body.bounds().map(|b| (b.max[1], b.min[2], b.max[2])), Some((83, 37, 83)));
    }

    #[test]
    fn both_legs_stay_and_a_small_thing_apart_does_not() {
        let mut ct = block();
        fill(&mut ct, 40..80, 100..140, 40);
        fill(&mut ct, 5..17, 5..17, 1000);
        let body = found(&ct);
        assert!(body.get([0, 60, 60]) && body.get([0, 60, 120]) && !body.get([0, 10, 10]));
    }

    #[test]
    fn pixels_larger_than_the_ball_still_lose_a_sheet() {
        let mut ct = Array3::from_elem((2, 30, 30), -1000_i16);
        fill(&mut ct, 8..20, 8..20, 0);
        fill(&mut ct, 22..23, 0..30, 300);
        let spacing = SpacingMm::new(5.0, 6.0, 6.0);
        let geometry = VolumeGeometry::axial([2, 30, 30], PointLps::new(0.0, 0.0, 0.0), spacing).expect("a grid");
        let body = body_mask(ct.view(), &geometry).expect("a body");
        assert_eq!(body.bounds().map(|b| b.max), Some([2, 20, 20]));
    }

    #[test]
    fn air_and_another_grid_are_refused() {
        let air = Array3::from_elem((2, 20, 20), -1000_i16);
        assert_eq!(body_mask(air.view(), &grid([2, 20, 20])), Err(BodyError::NotFound));
        let expected = BodyError::Shape { ct: [2, 20, 20], geometry: [3, 20, 20] };
        assert_eq!(body_mask(air.view(), &grid([3, 20, 20])), Err(expected));
    }

    #[test]
    fn what_is_enclosed_is_inside_and_air_around_is_outside() {
        let solid: Vec<bool> = (0..81)
            .map(|n| (n / 9, n % 9))
            .map(|(j, i)| (2..7).contains(&j) && (2..7).contains(&i) && !((3..6).contains(&j) && (3..6).contains(&i)))
            .collect();
        let inside = silhouette(&solid, 9, 9);
        assert_eq!(inside.iter().filter(|&&b| b).count(), 25);
        assert!(inside[4 * 9 + 4] && !inside[0]);
    }
}
