//! A smooth random deformation of the whole child, so that no two have quite the same shape.

use std::f32::consts::TAU;

use crate::{paint::SliceGrid, random::Draw, shape::V3};

/// Distance between the points at which the deformation is worked out, mm; it is linear between them.
const LATTICE_MM: f32 = 15.0;

/// Sums of long waves: where in the child's own frame a point of the scan lies.
#[derive(Clone, Debug)]
pub(crate) struct Warp {
    waves: Vec<Wave>,
    reach: f32,
}

#[derive(Clone, Debug)]
struct Wave {
    vector: V3,
    phase: f32,
    shift: V3,
}

impl Warp {
    /// A deformation for a child of this height (mm).
    pub(crate) fn new(height: f32, draw: &mut Draw) -> Self {
        let mut waves = Vec::new();
        for (length, amplitude) in [(0.45, 3.2), (0.3, 2.0), (0.16, 0.9), (0.09, 0.35)] {
            for _ in 0..3 {
                let length = length * height * draw.uniform(0.8, 1.25);
                let direction: V3 = std::array::from_fn(|_| draw.bell(0.0, 1.0));
                let norm = direction.iter().map(|x| x * x).sum::<f32>().sqrt().max(0.2);
                let scale = height / 1300.0 * amplitude;
                waves.push(Wave {
                    vector: direction.map(|x| TAU * x / (norm * length)),
                    phase: draw.uniform(0.0, TAU),
                    shift: [draw.bell(0.0, scale), draw.bell(0.0, scale), draw.bell(0.0, 0.5 * scale)],
                });
            }
        }
        let reach = waves.iter().map(|w| w.shift.iter().map(|s| s.abs()).fold(0.0, f32::max)).sum();
        Self { waves, reach }
    }

    /// No coordinate moves further than this, mm.
    pub(crate) fn reach(&self) -> f32 {
        self.reach
    }

    /// The place in the child's frame of a point of the scan.
    pub(crate) fn apply(&self, p: V3) -> V3 {
        let mut q = p;
        for wave in &self.waves {
            let s = (wave.vector[0] * p[0] + wave.vector[1] * p[1] + wave.vector[2] * p[2] + wave.phase).sin();
            for (x, shift) in q.iter_mut().zip(wave.shift) {
                *x += shift * s;
            }
        }
        q
    }

    /// The places of all pixels of a slice.
    pub(crate) fn slice(&self, grid: SliceGrid, z: f32, points: &mut [V3]) {
        let step = (LATTICE_MM / grid.pixel).round().max(1.0) as usize;
        let nodes = grid.columns.div_ceil(step) + 1;
        let at = |index: usize, axis: usize| grid.origin[axis] + grid.pixel * index as f32;
        let lattice: Vec<V3> =
            (0..nodes * nodes).map(|n| self.apply([at(n % nodes * step, 0), at(n / nodes * step, 1), z])).collect();
        let lerp = |a: V3, b: V3, t: f32| -> V3 { std::array::from_fn(|x| a[x] + (b[x] - a[x]) * t) };
        for (j, row) in points.chunks_mut(grid.columns).enumerate() {
            let (v, t) = (j / step, (j % step) as f32 / step as f32);
            for (i, point) in row.iter_mut().enumerate() {
                let (u, s) = (i / step, (i % step) as f32 / step as f32);
                let top = lerp(lattice[v * nodes + u], lattice[v * nodes + u + 1], s);
                let bottom = lerp(lattice[(v + 1) * nodes + u], lattice[(v + 1) * nodes + u + 1], s);
                *point = lerp(top, bottom, t);
            }
        }
    }
}
