//! The 4 x 4 matrix that callers give and get as a volume's place in the patient.

use tmli_core::{FrameOfReferenceUid, PointLps, SpacingMm, VolumeGeometry};

use crate::{ApiError, ErrorNumber, checks};

/// Last rows may miss 0 0 0 1 by this much: they come out of products of matrices.
const LAST_ROW_TOLERANCE: f64 = 1e-9;

/// The longest UID that DICOM allows.
const LONGEST_UID: usize = 64;

/// The grid of a volume from its shape `[k, j, i]` and the matrix that maps an index `(i, j, k, 1)` to LPS mm. The columns
/// are the i, j and k axis, each as long as its spacing, and the centre of voxel `[0, 0, 0]`.
///
/// # Errors
/// [`ErrorNumber::Matrix`] when the last row is not 0 0 0 1, [`ErrorNumber::SizeOverflow`] when the shape can't be
/// addressed, [`ErrorNumber::Text`] when the UID is none; otherwise as [`VolumeGeometry::new`].
///
/// ```
/// use tmli_api::{geometry_from_matrix, lps_from_ijk};
///
/// let matrix = [[0.9, 0.0, 0.0, -230.0], [0.0, 0.9, 0.0, -200.0], [0.0, 0.0, 5.0, -900.0], [0.0, 0.0, 0.0, 1.0]];
/// let geometry = geometry_from_matrix([200, 512, 512], matrix, Some("1.2.3"))?;
/// assert_eq!(geometry.spacing_mm().to_array(), [5.0, 0.9, 0.9]);
/// assert_eq!(lps_from_ijk(&geometry), matrix);
/// # Ok::<(), tmli_api::ApiError>(())
/// ```
pub fn geometry_from_matrix(
    shape: [usize; 3],
    lps_from_ijk: [[f64; 4]; 4],
    frame_of_reference_uid: Option<&str>,
) -> Result<VolumeGeometry, ApiError> {
    checks::voxel_count(shape)?;
    let last = lps_from_ijk[3];
    let affine =
        last.iter().zip([0.0, 0.0, 0.0, 1.0]).all(|(got, expected)| (got - expected).abs() <= LAST_ROW_TOLERANCE);
    if !affine {
        return Err(ApiError::new(
            ErrorNumber::Matrix,
            format!("the last row of lps_from_ijk should be 0 0 0 1, got {last:?}"),
        ));
    }
    let column = |c: usize| -> [f64; 3] { std::array::from_fn(|row| lps_from_ijk[row][c]) };
    let [i, j, k] = [column(0), column(1), column(2)];
    let length = |v: [f64; 3]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let spacing_mm = SpacingMm::new(length(k), length(j), length(i));
    let axes = [(k, spacing_mm.k), (j, spacing_mm.j), (i, spacing_mm.i)].map(|(v, mm)| v.map(|x| x / mm));
    let geometry = VolumeGeometry::new(shape, PointLps(column(3)), spacing_mm, axes)?;
    match frame_of_reference_uid {
        None | Some("") => Ok(geometry),
        Some(uid) if uid.len() <= LONGEST_UID && uid.bytes().all(|b| b.is_ascii_digit() || b == b'.') => {
            Ok(geometry.in_frame(FrameOfReferenceUid(uid.to_owned())))
        }
        Some(_) => Err(ApiError::new(
            ErrorNumber::Text,
            format!("the frame of reference should be a DICOM UID: digits and dots, at most {LONGEST_UID}"),
        )),
    }
}

/// The 4 x 4 matrix that maps an index `(i, j, k, 1)` to LPS mm.
pub fn lps_from_ijk(geometry: &VolumeGeometry) -> [[f64; 4]; 4] {
    let affine = geometry.lps_from_ijk();
    let row = |r: usize| {
        let [i, j, k] = affine.linear[r];
        [i, j, k, affine.translation[r]]
    };
    [row(0), row(1), row(2), [0.0, 0.0, 0.0, 1.0]]
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDENTITY: [[f64; 4]; 4] =
        [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]];

    fn refused(change: impl Fn(&mut [[f64; 4]; 4])) -> ErrorNumber {
        let mut matrix = IDENTITY;
        change(&mut matrix);
        geometry_from_matrix([2, 2, 2], matrix, None).unwrap_err().number
    }

    #[test]
    fn what_is_no_grid_is_refused_by_its_reason() {
        assert_eq!(refused(|m| m[3][3] = 2.0), ErrorNumber::Matrix);
        assert_eq!(refused(|m| m[3][0] = f64::NAN), ErrorNumber::Matrix);
        assert_eq!(refused(|m| m[0][0] = f64::NAN), ErrorNumber::Spacing);
        assert_eq!(refused(|m| m[2][2] = 0.0), ErrorNumber::Spacing);
        assert_eq!(refused(|m| m[0][1] = 0.5), ErrorNumber::Axes);
        assert_eq!(refused(|m| m[1][3] = f64::INFINITY), ErrorNumber::Origin);
        let vast = geometry_from_matrix([usize::MAX, 2, 2], IDENTITY, None).unwrap_err();
        assert_eq!(vast.number, ErrorNumber::SizeOverflow);
        assert_eq!(geometry_from_matrix([0, 2, 2], IDENTITY, None).unwrap_err().number, ErrorNumber::EmptyShape);
        assert_eq!(geometry_from_matrix([2, 2, 2], IDENTITY, Some("1.2 x")).unwrap_err().number, ErrorNumber::Text);
    }

    #[test]
    fn a_prone_patients_axes_keep_their_signs() {
        let prone = [[-0.8, 0.0, 0.0, 200.0], [0.0, -0.8, 0.0, 180.0], [0.0, 0.0, 3.0, -500.0], [0.0, 0.0, 0.0, 1.0]];
        let geometry = geometry_from_matrix([10, 20, 20], prone, None).unwrap();
        assert_eq!(geometry.axes(), [[0.0, 0.0, 1.0], [0.0, -1.0, 0.0], [-1.0, 0.0, 0.0]]);
        assert_eq!(geometry.point_from_index([1.0, 0.0, 10.0]), PointLps::new(192.0, 180.0, -497.0));
    }
}
