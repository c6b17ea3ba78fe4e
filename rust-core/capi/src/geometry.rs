//! `tmli_geometry_t`: where the voxels of a volume are.

use std::{
    ffi::{CString, c_char},
    sync::Arc,
};

use tmli_api::{geometry_from_matrix, lps_from_ijk};
use tmli_core::VolumeGeometry;

use crate::{
    boundary::{Out, Text, c_text, given},
    error::{Error, free, guard},
};

/// Where the voxels of a volume are in the patient, in LPS millimetres: x to the patient's left, y to posterior, z to
/// superior. Never changes.
///
/// Free it with `tmli_geometry_free`. May be used by several threads at once.
#[derive(Clone, Debug)]
pub struct Geometry(Arc<Place>);

#[derive(Debug)]
struct Place {
    grid: VolumeGeometry,
    frame_of_reference_uid: Option<CString>,
}

impl Geometry {
    pub(crate) fn new(grid: VolumeGeometry) -> Self {
        let frame_of_reference_uid = grid.frame_of_reference().map(|frame| c_text(&frame.0));
        Self(Arc::new(Place { grid, frame_of_reference_uid }))
    }

    pub(crate) fn grid(&self) -> &VolumeGeometry {
        &self.0.grid
    }
}

/// Number of voxels on each axis of an array `[k, j, i]`: slice, row, column; `i` is the one that runs fastest in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Shape {
    /// Slices.
    pub k: usize,
    /// Rows.
    pub j: usize,
    /// Columns.
    pub i: usize,
}

impl From<Shape> for [usize; 3] {
    fn from(shape: Shape) -> Self {
        [shape.k, shape.j, shape.i]
    }
}

impl From<[usize; 3]> for Shape {
    fn from([k, j, i]: [usize; 3]) -> Self {
        Self { k, j, i }
    }
}

/// Distance between voxel centres in mm.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Spacing {
    /// Between slices.
    pub k_mm: f64,
    /// Between rows.
    pub j_mm: f64,
    /// Between columns.
    pub i_mm: f64,
}

/// A 4 x 4 matrix, row after row, for column vectors: `point = matrix * (i, j, k, 1)`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Matrix {
    /// `rows[row][column]`.
    pub rows: [[f64; 4]; 4],
}

/// Makes a geometry from the shape of the array and the matrix that maps an index `(i, j, k, 1)` to LPS mm. The matrix'
/// columns are the i, j and k axis, each as long as its spacing, and the centre of voxel `[0, 0, 0]`; its last row is
/// 0 0 0 1. `frame_of_reference_uid` may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_geometry_new(
    shape: Shape,
    lps_from_ijk: Matrix,
    frame_of_reference_uid: Text<'_>,
    geometry: Out<'_, Box<Geometry>>,
) -> Option<Box<Error>> {
    guard(|| {
        let slot = geometry.needed("geometry")?;
        let frame = frame_of_reference_uid.optional("frame_of_reference_uid")?;
        slot.put(Box::new(Geometry::new(geometry_from_matrix(shape.into(), lps_from_ijk.rows, frame)?)));
        Ok(())
    })
}

/// Slices, rows and columns.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_geometry_shape(geometry: Option<&Geometry>, shape: Out<'_, Shape>) -> Option<Box<Error>> {
    guard(|| {
        let (geometry, slot) = (given(geometry, "geometry")?, shape.needed("shape")?);
        slot.put(geometry.grid().shape().into());
        Ok(())
    })
}

/// Distance between voxel centres.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_geometry_spacing(
    geometry: Option<&Geometry>,
    spacing_mm: Out<'_, Spacing>,
) -> Option<Box<Error>> {
    guard(|| {
        let (geometry, slot) = (given(geometry, "geometry")?, spacing_mm.needed("spacing_mm")?);
        let spacing = geometry.grid().spacing_mm();
        slot.put(Spacing { k_mm: spacing.k, j_mm: spacing.j, i_mm: spacing.i });
        Ok(())
    })
}

/// The matrix that maps an index `(i, j, k, 1)` to LPS mm.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_geometry_lps_from_ijk(
    geometry: Option<&Geometry>,
    matrix: Out<'_, Matrix>,
) -> Option<Box<Error>> {
    guard(|| {
        let (geometry, slot) = (given(geometry, "geometry")?, matrix.needed("matrix")?);
        slot.put(Matrix { rows: lps_from_ijk(geometry.grid()) });
        Ok(())
    })
}

/// The frame of reference, or NULL where none is known. The text lives as long as the geometry.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_geometry_frame_of_reference_uid(
    geometry: Option<&Geometry>,
    uid: Out<'_, *const c_char>,
) -> Option<Box<Error>> {
    guard(|| {
        let (geometry, slot) = (given(geometry, "geometry")?, uid.needed("uid")?);
        slot.put(geometry.0.frame_of_reference_uid.as_ref().map_or(std::ptr::null(), |uid| uid.as_ptr()));
        Ok(())
    })
}

/// Whether two geometries put every voxel at the same place (within 0.001 mm) of the same frame of reference: 1 or 0. A
/// geometry without a frame is taken to be in the other's.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_geometry_same_grid(
    one: Option<&Geometry>,
    other: Option<&Geometry>,
    same: Out<'_, u8>,
) -> Option<Box<Error>> {
    guard(|| {
        let (one, other, slot) = (given(one, "one")?, given(other, "other")?, same.needed("same")?);
        slot.put(u8::from(one.grid().same_grid(other.grid())));
        Ok(())
    })
}

/// Frees the geometry. Volumes and masks that were made with it stay. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_geometry_free(geometry: Option<Box<Geometry>>) {
    free(geometry);
}

#[cfg(test)]
mod tests {
    use tmli_api::ErrorNumber;

    use super::*;
    use crate::{boundary::received, error::tmli_error_number};

    const MATRIX: Matrix =
        Matrix { rows: [[0.9, 0.0, 0.0, -9.0], [0.0, 0.9, 0.0, -8.0], [0.0, 0.0, 5.0, -7.0], [0.0, 0.0, 0.0, 1.0]] };
    const SHAPE: Shape = Shape { k: 3, j: 4, i: 5 };

    #[test]
    fn a_geometry_gives_back_what_it_was_made_of() {
        let made = received(|out| tmli_geometry_new(SHAPE, MATRIX, Text::from_c(c"1.2.3"), out)).expect("a grid");
        assert_eq!(received(|out| tmli_geometry_shape(Some(&made), out)).ok(), Some(SHAPE));
        assert_eq!(received(|out| tmli_geometry_lps_from_ijk(Some(&made), out)).ok(), Some(MATRIX));
        let spacing = Spacing { k_mm: 5.0, j_mm: 0.9, i_mm: 0.9 };
        assert_eq!(received(|out| tmli_geometry_spacing(Some(&made), out)).ok(), Some(spacing));
        tmli_geometry_free(Some(made));
    }

    #[test]
    fn null_gives_an_error() {
        let error = received(|out| tmli_geometry_shape(None, out)).expect_err("NULL");
        assert_eq!(tmli_error_number(Some(&error)), ErrorNumber::NullArgument as i32);
        let error = tmli_geometry_new(SHAPE, MATRIX, Text::NULL, Out::NULL);
        assert_eq!(tmli_error_number(error.as_deref()), ErrorNumber::NullArgument as i32);
    }
}
