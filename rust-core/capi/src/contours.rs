//! `tmli_contours_t`: the loops of one structure, and the ways from masks to loops and back.

use tmli_api::{ApiError, ErrorNumber, checks};
use tmli_core::{Contour, ContourKind, Holes, PointLps, TraceOptions, rasterise, trace_with};

use crate::{
    boundary::{Buffer, BufferMut, Out, given},
    error::{Error, free, guard},
    geometry::Geometry,
    mask::{Mask, room_for_mask},
    texts::Texts,
};

/// The contours of one structure in LPS millimetres.
///
/// Free it with `tmli_contours_free`. `tmli_contours_add` needs it for itself alone; all else may be done by several
/// threads at once.
#[derive(Debug)]
pub struct Contours(Vec<Contour>);

impl Contours {
    pub(crate) fn new(contours: Vec<Contour>) -> Self {
        Self(contours)
    }

    fn at(&self, index: usize) -> Result<&Contour, ApiError> {
        self.0.get(index).ok_or_else(|| checks::no_such_index("contours", index, self.0.len()))
    }
}

/// How the points of a contour are to be read (DICOM ContourGeometricType).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Kind {
    /// A closed loop in a plane.
    ClosedPlanar = 0,
    /// A closed loop that is combined with its neighbours by exclusive or.
    ClosedPlanarXor = 1,
    /// A line in a plane: encloses nothing.
    OpenPlanar = 2,
    /// A line in space: encloses nothing.
    OpenNonplanar = 3,
    /// A point.
    Point = 4,
}

impl From<ContourKind> for Kind {
    fn from(kind: ContourKind) -> Self {
        match kind {
            ContourKind::ClosedPlanar => Self::ClosedPlanar,
            ContourKind::ClosedPlanarXor => Self::ClosedPlanarXor,
            ContourKind::OpenPlanar => Self::OpenPlanar,
            ContourKind::OpenNonplanar => Self::OpenNonplanar,
            ContourKind::Point => Self::Point,
        }
    }
}

/// How holes are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum HoleDrawing {
    /// By a loop inside a loop, combined by even-odd.
    Loops = 0,
    /// The same, and all loops of a structure with a hole are said to be CLOSEDPLANAR_XOR.
    Xor = 1,
    /// By a channel of no width from the hole to the loop around it.
    Keyhole = 2,
}

/// The error for a number that is no value of an enum.
pub(crate) fn no_such_value(option: &str, expected: &str, got: i32) -> ApiError {
    ApiError::new(ErrorNumber::Option, format!("{option} should be one of {expected}, got {got}"))
}

pub(crate) fn trace_options(smooth: u8, holes: i32) -> Result<TraceOptions, ApiError> {
    let holes = match holes {
        n if n == HoleDrawing::Loops as i32 => Holes::Loops,
        n if n == HoleDrawing::Xor as i32 => Holes::Xor,
        n if n == HoleDrawing::Keyhole as i32 => Holes::Keyhole,
        n => return Err(no_such_value("holes", "tmli_holes (0 to 2)", n)),
    };
    Ok(TraceOptions { smooth: smooth != 0, holes })
}

/// Makes an empty list of contours.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_contours_new(contours: Out<'_, Box<Contours>>) -> Option<Box<Error>> {
    guard(|| {
        contours.needed("contours")?.put(Box::new(Contours(Vec::new())));
        Ok(())
    })
}

/// Adds a contour of `kind` (`tmli_contour_kind`) with `points` points, which are copied: x, y, z of the first point,
/// x, y, z of the second, and so on, in LPS mm. A closed loop does not repeat its first point.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_contours_add(
    contours: Option<&mut Contours>,
    kind: i32,
    xyz_mm: Buffer<'_, f64>,
    points: usize,
) -> Option<Box<Error>> {
    guard(|| {
        let contours = given(contours, "contours")?;
        let kinds = [
            ContourKind::ClosedPlanar,
            ContourKind::ClosedPlanarXor,
            ContourKind::OpenPlanar,
            ContourKind::OpenNonplanar,
            ContourKind::Point,
        ];
        let kind = kinds
            .into_iter()
            .find(|&known| Kind::from(known) as i32 == kind)
            .ok_or_else(|| no_such_value("kind", "tmli_contour_kind (0 to 4)", kind))?;
        let values = points.checked_mul(3).ok_or_else(|| {
            ApiError::new(ErrorNumber::SizeOverflow, format!("{points} points are more than memory can address"))
        })?;
        let values = xyz_mm.values(values, "xyz_mm")?;
        let points = values.as_chunks().0.iter().map(|&xyz| PointLps(xyz)).collect();
        contours.0.push(Contour { kind, points });
        Ok(())
    })
}

/// How many contours there are.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_contours_count(contours: Option<&Contours>, count: Out<'_, usize>) -> Option<Box<Error>> {
    guard(|| {
        let (contours, slot) = (given(contours, "contours")?, count.needed("count")?);
        slot.put(contours.0.len());
        Ok(())
    })
}

/// The kind (`tmli_contour_kind`) and the number of points of the contour at `index`, from 0 on.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_contours_size(
    contours: Option<&Contours>,
    index: usize,
    kind: Out<'_, i32>,
    points: Out<'_, usize>,
) -> Option<Box<Error>> {
    guard(|| {
        let contours = given(contours, "contours")?;
        let (kind, points) = (kind.needed("kind")?, points.needed("points")?);
        let contour = contours.at(index)?;
        kind.put(Kind::from(contour.kind) as i32);
        points.put(contour.points.len());
        Ok(())
    })
}

/// Writes the points of the contour at `index` to room for `points` points: x, y, z of the first point, x, y, z of the
/// second, and so on, in LPS mm. `points` is what `tmli_contours_size` said.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_contours_points(
    contours: Option<&Contours>,
    index: usize,
    xyz_mm: BufferMut<'_, f64>,
    points: usize,
) -> Option<Box<Error>> {
    guard(|| {
        let contour = given(contours, "contours")?.at(index)?;
        let expected = contour.points.len();
        if points != expected {
            let message = format!("xyz_mm should have room for the {expected} points of contour {index}, got {points}");
            return Err(ApiError::new(ErrorNumber::BufferSize, message));
        }
        let room = xyz_mm.room(expected * 3, "xyz_mm")?;
        for (value, place) in contour.points.iter().flat_map(|point| point.0).zip(room) {
            place.write(value);
        }
        Ok(())
    })
}

/// The voxels whose centres lie inside the contours (even-odd over all loops of a slice). `findings` may be NULL; otherwise
/// it becomes a list, to be freed, of the contours that were left out, moved or cut.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_rasterise(
    contours: Option<&Contours>,
    geometry: Option<&Geometry>,
    mask: Out<'_, Box<Mask>>,
    findings: Out<'_, Box<Texts>>,
) -> Option<Box<Error>> {
    guard(|| {
        let (contours, geometry) = (given(contours, "contours")?, given(geometry, "geometry")?);
        let slot = mask.needed("mask")?;
        room_for_mask(geometry)?;
        let done = rasterise(&contours.0, geometry.grid());
        if let Some(slot) = findings.optional() {
            slot.put(Texts::new(done.findings.iter().map(ToString::to_string)));
        }
        slot.put(Box::new(Mask::new(geometry, done.mask)));
        Ok(())
    })
}

/// Loops around a mask, slice after slice; rasterising them gives the mask back, voxel for voxel. `smooth` other than 0
/// draws rounded loops instead of stairs; `holes` is one of `tmli_holes`.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_trace(
    mask: Option<&Mask>,
    smooth: u8,
    holes: i32,
    contours: Out<'_, Box<Contours>>,
) -> Option<Box<Error>> {
    guard(|| {
        let (mask, slot) = (given(mask, "mask")?, contours.needed("contours")?);
        let options = trace_options(smooth, holes)?;
        slot.put(Box::new(Contours(trace_with(mask.voxels(), mask.geometry().grid(), options))));
        Ok(())
    })
}

/// Frees the contours. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_contours_free(contours: Option<Box<Contours>>) {
    free(contours);
}
