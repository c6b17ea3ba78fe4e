//! Holes joined to the loop around them by a channel of no width.

use super::{SliceLoop, SlicePoint};

/// How far from a corner (in voxels) a channel may start: a quarter keeps it off voxel centres and off pixel corners.
const FROM_CORNER: f64 = 0.25;

/// The same regions without holes. What can't be joined (never seen) stays a loop of its own, which is the same by
/// even-odd.
pub(super) fn joined(loops: Vec<SliceLoop>) -> Vec<SliceLoop> {
    let (mut holes, mut regions): (Vec<SliceLoop>, Vec<SliceLoop>) = loops.into_iter().partition(|l| l.is_hole);
    // From left to right: what a channel to the left meets is then joined already.
    holes.sort_by(|a, b| leftmost(&a.points).1.total_cmp(&leftmost(&b.points).1));
    for hole in holes {
        match channel(&hole.points, &regions) {
            Some(channel) => cut_in(&mut regions[channel.region].points, &hole.points, &channel),
            None => regions.push(hole),
        }
    }
    regions
}

/// Along a row, from a hole to the left, up to the first loop.
struct Channel {
    /// On the hole, after its point `hole_edge`.
    start: SlicePoint,
    hole_edge: usize,
    region: usize,
    /// On the loop, after its point `region_edge`.
    end: SlicePoint,
    region_edge: usize,
}

/// Index and column of the leftmost point.
fn leftmost(points: &[SlicePoint]) -> (usize, f64) {
    let found = points.iter().enumerate().min_by(|a, b| a.1[1].total_cmp(&b.1[1]));
    found.map_or((0, 0.0), |(n, p)| (n, p[1]))
}

fn channel(hole: &[SlicePoint], regions: &[SliceLoop]) -> Option<Channel> {
    let n = hole.len();
    let (at, _) = leftmost(hole);
    // One of the two edges at the leftmost point may run along the row.
    let hole_edge = [at, (at + n - 1) % n].into_iter().find(|&e| hole[e][0] != hole[(e + 1) % n][0])?;
    let (from, to) = (hole[at], if hole_edge == at { hole[(at + 1) % n] } else { hole[hole_edge] });
    let down = (to[0] - from[0]).clamp(-2.0 * FROM_CORNER, 2.0 * FROM_CORNER) / 2.0;
    let row = from[0] + down;
    let start = [row, crossing(from, to, row)?];

    let mut nearest: Option<Channel> = None;
    for (region, one) in regions.iter().enumerate() {
        for (region_edge, (&a, &b)) in one.points.iter().zip(one.points.iter().cycle().skip(1)).enumerate() {
            let Some(column) = crossing(a, b, row) else { continue };
            if column < start[1] && nearest.as_ref().is_none_or(|c| c.end[1] < column) {
                nearest = Some(Channel { start, hole_edge, region, end: [row, column], region_edge });
            }
        }
    }
    nearest
}

/// The column where an edge crosses a row; an edge along the row crosses nothing.
fn crossing(a: SlicePoint, b: SlicePoint, row: f64) -> Option<f64> {
    let within = a[0].min(b[0]) <= row && row <= a[0].max(b[0]) && a[0] != b[0];
    within.then(|| if a[1] == b[1] { a[1] } else { a[1] + (row - a[0]) / (b[0] - a[0]) * (b[1] - a[1]) })
}

/// Region up to the channel, channel, once around the hole, channel back, rest of the region.
fn cut_in(region: &mut Vec<SlicePoint>, hole: &[SlicePoint], channel: &Channel) {
    let mut detour = Vec::with_capacity(hole.len() + 4);
    detour.extend([channel.end, channel.start]);
    detour.extend((0..hole.len()).map(|n| hole[(channel.hole_edge + 1 + n) % hole.len()]));
    detour.extend([channel.start, channel.end]);
    let after = channel.region_edge + 1;
    region.splice(after..after, detour);
}
