//! From the headers of a series to the grid of a volume: slices sorted along the normal, and everything that would make
//! the grid a lie refused by name.
//!
//! Positions are always taken from ImagePositionPatient and ImageOrientationPatient, never from SliceThickness,
//! SpacingBetweenSlices, SliceLocation or file names.

use tmli_core::{FrameOfReferenceUid, PointLps, SpacingMm, VolumeGeometry, geometry::DIRECTION_TOLERANCE};

use crate::{
    error::{IoError, SeriesGeometryError},
    finding::Finding,
    header::SliceHeader,
};

/// A slice may be this far from where even spacing puts it: files round positions to 0.1 or 0.01 mm. More is uneven.
pub const SPACING_TOLERANCE_MM: f64 = 0.05;

/// Deviations from even spacing above this are mentioned, though accepted.
const SPACING_REPORT_MM: f64 = 0.005;

/// Slices closer than this are at the same position.
pub const DUPLICATE_TOLERANCE_MM: f64 = 0.01;

/// Slice origins may leave the line along the normal by this much: six-digit direction cosines over two metres.
pub const SIDEWAYS_TOLERANCE_MM: f64 = 0.05;

/// Direction cosines of slices of one orientation differ by less than this.
pub const ORIENTATION_TOLERANCE: f64 = 1e-4;

/// Pixel spacings of slices of one grid differ by less than this: 0.05 mm over 512 pixels.
pub const PIXEL_SPACING_TOLERANCE_MM: f64 = 1e-4;

/// The slices of a series in order, and their grid.
#[derive(Clone, Debug)]
pub(crate) struct Stack {
    /// Indices into the headers, ascending along the normal.
    pub(crate) order: Vec<usize>,
    /// Where the voxels are.
    pub(crate) geometry: VolumeGeometry,
    /// What was accepted but is worth knowing.
    pub(crate) findings: Vec<Finding>,
}

/// What a slice needs to have a place in a volume.
struct Placed<'a> {
    header: &'a SliceHeader,
    orientation: [f64; 6],
    position: [f64; 3],
    pixel_spacing: [f64; 2],
}

fn placed(header: &SliceHeader) -> Result<Placed<'_>, IoError> {
    if header.frames > 1 && header.frame.is_none() {
        return Err(IoError::Unsupported {
            what: format!("{}: a multi-frame image whose {} frames are not described", header.label, header.frames),
            advice: "export the series as classic CT images, one file per slice",
        });
    }
    let missing = |attribute: &'static str| IoError::Missing {
        file: header.label.clone(),
        attribute,
        purpose: "place the slice in the patient",
    };
    let pixel_spacing = header.pixel_spacing_mm.ok_or_else(|| missing("PixelSpacing"))?;
    if header.rows == 0 || header.columns == 0 {
        return Err(missing("Rows or Columns"));
    }
    Ok(Placed {
        header,
        orientation: header.orientation.ok_or_else(|| missing("ImageOrientationPatient"))?,
        position: header.position.ok_or_else(|| missing("ImagePositionPatient"))?,
        pixel_spacing,
    })
}

/// Sorts the slices and checks that they make a volume.
pub(crate) fn stack(headers: &[SliceHeader]) -> Result<Stack, IoError> {
    let slices = headers.iter().map(placed).collect::<Result<Vec<_>, _>>()?;
    let Some(first) = slices.first() else { return Err(IoError::EmptyFolder) };
    let axes = Axes::new(first.orientation)?;
    let along: Vec<f64> = slices.iter().map(|s| dot(s.position, axes.normal)).collect();
    same_kind(&slices, &along)?;

    let mut order: Vec<usize> = (0..slices.len()).collect();
    order.sort_by(|&a, &b| along[a].total_cmp(&along[b]));
    let positions: Vec<f64> = order.iter().map(|&n| along[n]).collect();
    let origins: Vec<[f64; 3]> = order.iter().map(|&n| slices[n].position).collect();

    not_duplicated(&positions)?;
    let &[bottom, .., top] = positions.as_slice() else {
        return Err(SeriesGeometryError::SingleSlice { position_mm: positions[0] }.into());
    };
    on_the_normal(&origins, &positions, &axes)?;
    let deviation_mm = evenly_spaced(&positions)?;

    let mut findings = Vec::new();
    if deviation_mm > SPACING_REPORT_MM {
        findings.push(Finding::general(format!(
            "slice positions deviate from even spacing by up to {deviation_mm:.3} mm (rounding in the files)"
        )));
    }
    let spacing =
        SpacingMm::new((top - bottom) / (positions.len() - 1) as f64, first.pixel_spacing[0], first.pixel_spacing[1]);
    if let Some(thickness) = first.header.slice_thickness_mm
        && (thickness - spacing.k).abs() > SPACING_TOLERANCE_MM
    {
        findings.push(Finding::general(format!(
            "SliceThickness is {thickness} mm, but slices are {:.3} mm apart; the distance was taken",
            spacing.k
        )));
    }
    let shape = [positions.len(), first.header.rows, first.header.columns];
    let mut geometry = VolumeGeometry::new(shape, PointLps(origins[0]), spacing, [axes.normal, axes.column, axes.row])
        .map_err(SeriesGeometryError::from)?;
    if let Some(frame) = &first.header.frame_of_reference {
        geometry = geometry.in_frame(FrameOfReferenceUid(frame.clone()));
    } else {
        findings.push(Finding::general("the files name no FrameOfReferenceUID"));
    }
    Ok(Stack { order, geometry, findings })
}

/// Unit vectors of a slice: `row` along a row (i), `column` down a column (j), `normal` = row x column (k).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axes {
    pub(crate) row: [f64; 3],
    pub(crate) column: [f64; 3],
    pub(crate) normal: [f64; 3],
}

impl Axes {
    /// Checks that the directions are unit vectors at right angles, then removes what rounding in the file left.
    pub(crate) fn new(orientation: [f64; 6]) -> Result<Self, SeriesGeometryError> {
        let [a, b, c, d, e, f] = orientation;
        let (row, column) = ([a, b, c], [d, e, f]);
        let off = |x: f64, expected: f64| x.is_nan() || (x - expected).abs() > DIRECTION_TOLERANCE;
        if off(dot(row, row), 1.0) || off(dot(column, column), 1.0) || off(dot(row, column), 0.0) {
            return Err(SeriesGeometryError::Orientation { got: orientation });
        }
        let row = unit(row);
        let slant = dot(row, column);
        let column = unit(std::array::from_fn(|x| column[x] - slant * row[x]));
        Ok(Self { row, column, normal: cross(row, column) })
    }
}

/// One orientation, size, pixel spacing, patient position and frame of reference.
fn same_kind(slices: &[Placed<'_>], along: &[f64]) -> Result<(), SeriesGeometryError> {
    let first = &slices[0];
    let first_mm = along[0];
    let turned = |s: &Placed<'_>| {
        s.orientation.iter().zip(first.orientation).any(|(a, b)| (a - b).abs() > ORIENTATION_TOLERANCE)
    };
    let differing = slices.iter().filter(|s| turned(s)).count();
    for (slice, &other_mm) in slices.iter().zip(along) {
        if turned(slice) {
            return Err(SeriesGeometryError::MixedOrientations {
                expected: Box::new(first.orientation),
                got: Box::new(slice.orientation),
                first_mm,
                other_mm,
                differing,
                count: slices.len(),
            });
        }
        let (a, b) = (&first.header, &slice.header);
        if a.patient_position != b.patient_position {
            let (expected, got) = (a.patient_position.clone(), b.patient_position.clone());
            return Err(SeriesGeometryError::MixedPatientPositions { expected, got, first_mm, other_mm });
        }
        if a.frame_of_reference != b.frame_of_reference {
            return Err(SeriesGeometryError::MixedFrames { first_mm, other_mm });
        }
        let (expected, got) = ([a.rows, a.columns], [b.rows, b.columns]);
        if expected != got {
            return Err(SeriesGeometryError::MixedSizes { expected, got, first_mm, other_mm });
        }
        let (expected, got) = (first.pixel_spacing, slice.pixel_spacing);
        if expected.iter().zip(got).any(|(x, y)| (x - y).abs() > PIXEL_SPACING_TOLERANCE_MM) {
            return Err(SeriesGeometryError::MixedPixelSpacing { expected, got, first_mm, other_mm });
        }
    }
    Ok(())
}

fn not_duplicated(positions: &[f64]) -> Result<(), SeriesGeometryError> {
    let same = |a: f64, b: f64| (b - a).abs() < DUPLICATE_TOLERANCE_MM;
    let mut duplicates_mm: Vec<f64> = Vec::new();
    for pair in positions.windows(2) {
        if same(pair[0], pair[1]) && !duplicates_mm.last().is_some_and(|&last| same(last, pair[1])) {
            duplicates_mm.push(pair[0]);
        }
    }
    let Some(&position_mm) = duplicates_mm.first() else { return Ok(()) };
    let count = positions.iter().filter(|&&p| same(p, position_mm)).count();
    Err(SeriesGeometryError::DuplicatePositions { position_mm, count, duplicates_mm })
}

/// Every slice origin lies on the normal through the first one.
fn on_the_normal(origins: &[[f64; 3]], positions: &[f64], axes: &Axes) -> Result<(), SeriesGeometryError> {
    // Sideways offset of a slice in its own plane, against the first slice.
    let sideways: Vec<[f64; 2]> = origins
        .iter()
        .map(|o| {
            let d: [f64; 3] = std::array::from_fn(|x| o[x] - origins[0][x]);
            [dot(d, axes.row), dot(d, axes.column)]
        })
        .collect();
    let Some(worst) = sideways.iter().position(|s| s[0].hypot(s[1]) > SIDEWAYS_TOLERANCE_MM) else { return Ok(()) };
    let last = positions.len() - 1;
    let height = positions[last] - positions[0];
    let slope = sideways[last].map(|s| s / height);
    let residual = |n: usize| {
        let h = positions[n] - positions[0];
        (sideways[n][0] - slope[0] * h).hypot(sideways[n][1] - slope[1] * h)
    };
    let tilt = slope[0].hypot(slope[1]);
    if tilt * height > SIDEWAYS_TOLERANCE_MM && (0..=last).all(|n| residual(n) <= SIDEWAYS_TOLERANCE_MM) {
        return Err(SeriesGeometryError::GantryTilt {
            shift_mm: tilt * height / last as f64,
            tilt_degrees: tilt.atan().to_degrees(),
            first_mm: positions[0],
            last_mm: positions[last],
        });
    }
    let [a, b] = sideways[worst];
    Err(SeriesGeometryError::Sideways { position_mm: positions[worst], shift_mm: a.hypot(b) })
}

/// The largest deviation from even spacing in mm, when there is even spacing.
fn evenly_spaced(positions: &[f64]) -> Result<f64, SeriesGeometryError> {
    let last = positions.len() - 1;
    let mean = (positions[last] - positions[0]) / last as f64;
    let deviation = |n: usize| (positions[n] - (positions[0] + mean * n as f64)).abs();
    let worst = (0..=last).map(deviation).fold(0.0, f64::max);
    if worst <= SPACING_TOLERANCE_MM.min(mean / 4.0) {
        return Ok(worst);
    }
    let gaps: Vec<f64> = positions.windows(2).map(|p| p[1] - p[0]).collect();
    let smallest = gaps.iter().copied().fold(f64::INFINITY, f64::min);
    let slices_in = |gap: f64| (gap / smallest).round();
    let whole = |gap: f64| (gap - slices_in(gap) * smallest).abs() <= SPACING_TOLERANCE_MM * slices_in(gap);
    let wide: Vec<usize> = (0..gaps.len()).filter(|&n| slices_in(gaps[n]) >= 2.0).collect();
    // Two distances in a chest scan (1 mm and 5 mm, say) are two reconstructions, not missing slices: most gaps must be
    // of the small kind.
    if let Some(&at) = wide.first()
        && gaps.iter().all(|&gap| whole(gap))
        && wide.len() * 2 < gaps.len()
    {
        return Err(SeriesGeometryError::MissingSlices {
            below_mm: positions[at],
            above_mm: positions[at + 1],
            count: slices_in(gaps[at]) as usize - 1,
            spacing_mm: smallest,
            gaps_after_mm: wide.iter().map(|&n| positions[n]).collect(),
        });
    }
    let first_mm = gaps[0];
    let at = gaps.iter().position(|gap| (gap - first_mm).abs() > SPACING_TOLERANCE_MM).unwrap_or(last - 1);
    Err(SeriesGeometryError::UnevenSpacing {
        from_mm: positions[0],
        first_mm,
        other_mm: gaps[at],
        below_mm: positions[at],
        above_mm: positions[at + 1],
    })
}

pub(crate) fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn unit(a: [f64; 3]) -> [f64; 3] {
    let length = dot(a, a).sqrt();
    a.map(|x| x / length)
}

#[cfg(test)]
mod tests;
