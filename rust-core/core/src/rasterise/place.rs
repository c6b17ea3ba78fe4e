//! Which slice a contour belongs to, and whether it can be used at all.

use std::collections::HashMap;

use super::{
    finding::ContourFinding,
    scan::{UNITS_PER_VOXEL, Vertex},
};
use crate::{
    geometry::{PointLps, VolumeGeometry},
    structure_set::{Contour, ContourKind},
};

/// A loop counts as parallel to the slices when it extends less than this part of the slice distance along their
/// normal: writers round coordinates, and scanners round directions.
const FLAT_PART_OF_SLICE_DISTANCE: f64 = 0.1;

/// A contour farther from its slice than this part of the slice distance is reported.
const ON_SLICE_PART_OF_SLICE_DISTANCE: f64 = 0.01;

/// Slice coordinates are rounded to this, so that "half way between two slices" doesn't hang on a last digit.
const INDEX_ROUNDING: f64 = 1e6;

/// A loop that can be filled.
#[derive(Debug)]
pub(super) struct PlacedLoop {
    contour: usize,
    /// From the slice to the loop's plane, in slice distances, -0.5 to 0.5.
    offset: f64,
    kind: ContourKind,
    /// On the slice.
    pub(super) vertices: Vec<Vertex>,
}

/// Sorts contours by slice. What can't be used is in the findings.
pub(super) fn by_slice(
    contours: &[Contour],
    geometry: &VolumeGeometry,
    slices: usize,
) -> (Vec<Vec<PlacedLoop>>, Vec<ContourFinding>) {
    let mut by_slice: Vec<Vec<PlacedLoop>> = (0..slices).map(|_| Vec::new()).collect();
    let mut findings = Vec::new();
    for (contour, one) in contours.iter().enumerate() {
        match place(contour, one, geometry) {
            Ok(placed) => {
                findings.extend(placed.findings);
                by_slice[placed.slice].push(placed.region);
            }
            Err(finding) => findings.push(finding),
        }
    }
    (by_slice, findings)
}

struct Placed {
    slice: usize,
    region: PlacedLoop,
    findings: Vec<ContourFinding>,
}

fn place(contour: usize, one: &Contour, geometry: &VolumeGeometry) -> Result<Placed, ContourFinding> {
    if !matches!(one.kind, ContourKind::ClosedPlanar | ContourKind::ClosedPlanarXor) {
        return Err(ContourFinding::NotARegion { contour });
    }
    if one.points.iter().any(|p| p.0.iter().any(|x| !x.is_finite())) {
        return Err(ContourFinding::NonFinite { contour });
    }
    let indices: Vec<[f64; 3]> = one.points.iter().map(|&p| geometry.index_from_point(p)).collect();
    let range_of = |axis: usize| {
        indices.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x[axis]), high.max(x[axis])))
    };
    let points = distinct_points(&one.points);
    if points < 3 {
        return Err(ContourFinding::TooFewPoints { contour, points });
    }

    let slice_distance = geometry.spacing_mm().k;
    let (first, last) = range_of(0);
    if last - first > FLAT_PART_OF_SLICE_DISTANCE {
        let extent_mm = (last - first) * slice_distance;
        let deviation_mm = deviation_from_plane(&one.points);
        let planar = deviation_mm <= FLAT_PART_OF_SLICE_DISTANCE * slice_distance;
        return Err(if planar {
            ContourFinding::NotInSlicePlane { contour, extent_mm }
        } else {
            ContourFinding::NotPlanar { contour, deviation_mm }
        });
    }
    let plane = ((first + last) / 2.0 * INDEX_ROUNDING).round() / INDEX_ROUNDING;
    let slice = nearest_slice(plane, geometry.shape()[0]).ok_or(ContourFinding::OutsideVolume { contour })?;
    let offset = plane - slice as f64;

    let mut findings = Vec::new();
    if offset.abs() > ON_SLICE_PART_OF_SLICE_DISTANCE {
        findings.push(ContourFinding::OffSlice { contour, distance_mm: offset.abs() * slice_distance });
    }
    for axis in [1, 2] {
        let (low, high) = range_of(axis);
        let edge = geometry.shape()[axis] as f64 - 0.5;
        if low > edge || high < -0.5 {
            return Err(ContourFinding::OutsideVolume { contour });
        }
        let beyond = 1.0 / UNITS_PER_VOXEL as f64;
        let cut = ContourFinding::PartlyOutside { contour };
        if (low < -0.5 - beyond || high > edge + beyond) && !findings.contains(&cut) {
            findings.push(cut);
        }
    }
    let vertices = indices.iter().map(|&[_, j, i]| Vertex::from_index(j, i)).collect();
    Ok(Placed { slice, region: PlacedLoop { contour, offset, kind: one.kind, vertices }, findings })
}

/// Half way between two slices belongs to the lower one; half a distance beyond the ends still belongs to them.
fn nearest_slice(plane: f64, slices: usize) -> Option<usize> {
    let last = slices.checked_sub(1)?;
    if !(-0.5..=last as f64 + 0.5).contains(&plane) {
        return None;
    }
    Some(((plane - 0.5).ceil().max(0.0) as usize).min(last))
}

/// Points that differ from their predecessor, the first from the last.
fn distinct_points(points: &[PointLps]) -> usize {
    let before = points.iter().cycle().skip(points.len().saturating_sub(1));
    points.iter().zip(before).filter(|(a, b)| a != b).count()
}

/// How far the farthest point lies from the plane through the centre whose normal is the loop's area vector (Newell).
fn deviation_from_plane(points: &[PointLps]) -> f64 {
    let n = points.len() as f64;
    let centre: [f64; 3] = std::array::from_fn(|x| points.iter().map(|p| p.0[x] / n).sum());
    let from_centre = |p: &PointLps| -> [f64; 3] { std::array::from_fn(|x| p.0[x] - centre[x]) };
    let mut normal = [0.0; 3];
    for (a, b) in points.iter().zip(points.iter().cycle().skip(1)) {
        let (a, b) = (from_centre(a), from_centre(b));
        for (x, component) in normal.iter_mut().enumerate() {
            let (y, z) = ((x + 1) % 3, (x + 2) % 3);
            *component += a[y] * b[z] - a[z] * b[y];
        }
    }
    let length = normal.iter().map(|x| x * x).sum::<f64>().sqrt();
    if length <= 0.0 {
        // No area: every plane through the line fits.
        return 0.0;
    }
    points
        .iter()
        .map(|p| from_centre(p).iter().zip(normal).map(|(x, n)| x * n / length).sum::<f64>().abs())
        .fold(0.0, f64::max)
}

/// Keeps the loops of the plane nearest to the slice, each once.
///
/// Contours drawn on a finer scan put several planes on one slice; combining those by even-odd would punch holes.
pub(super) fn nearest_plane(loops: Vec<PlacedLoop>, slice_distance: f64) -> (Vec<PlacedLoop>, Vec<ContourFinding>) {
    let nearest = loops.iter().map(|l| l.offset).min_by(|a, b| a.abs().total_cmp(&b.abs()).then(a.total_cmp(b)));
    let Some(nearest) = nearest else { return (loops, Vec::new()) };
    let mut findings = Vec::new();
    let mut seen: HashMap<Vec<Vertex>, usize> = HashMap::new();
    let mut chosen = Vec::with_capacity(loops.len());
    let several = loops.len() > 1;
    for one in loops {
        let contour = one.contour;
        if (one.offset - nearest).abs() > FLAT_PART_OF_SLICE_DISTANCE {
            let distance_mm = one.offset.abs() * slice_distance;
            findings.push(ContourFinding::NearerPlaneUsed { contour, distance_mm });
            continue;
        }
        // An XOR loop that repeats another is meant to cancel it.
        if several && one.kind == ContourKind::ClosedPlanar {
            match seen.entry(canonical(&one.vertices)) {
                std::collections::hash_map::Entry::Occupied(first) => {
                    findings.push(ContourFinding::Repeated { contour, of: *first.get() });
                    continue;
                }
                std::collections::hash_map::Entry::Vacant(place) => {
                    place.insert(contour);
                }
            }
        }
        chosen.push(one);
    }
    (chosen, findings)
}

/// The same loop whatever its first point and direction: from its smallest corner on, towards the smaller neighbour.
fn canonical(vertices: &[Vertex]) -> Vec<Vertex> {
    let mut corners = vertices.to_vec();
    corners.dedup();
    while corners.len() > 1 && corners.first() == corners.last() {
        corners.pop();
    }
    let smallest = corners.iter().enumerate().min_by_key(|&(_, v)| v).map_or(0, |(n, _)| n);
    corners.rotate_left(smallest);
    if corners.len() > 2 && corners[corners.len() - 1] < corners[1] {
        corners[1..].reverse();
    }
    corners
}
