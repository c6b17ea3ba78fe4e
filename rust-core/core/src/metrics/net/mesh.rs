//! The surface net of a mask.

use super::super::{
    box_tree::Point,
    lattice::{BITS, Boxed, Codes, SurfaceBits, ones},
};

/// How often vertices are moved.
const ROUNDS: usize = 120;

/// The part of the way to the mean of their neighbours that vertices go, in turn: forth, and then back by nearly as much,
/// so that the surface becomes smooth and does not shrink (G. Taubin, "A signal processing approach to fair surface
/// design", SIGGRAPH 1995).
const FACTORS: [f64; 2] = [0.6, -0.5];

/// How far vertices may move on each axis, in voxels. A little less than half: the net of a single voxel must not
/// shrink to a point without area.
const FARTHEST: f64 = 0.4;

/// A net of quadrilaterals.
pub(super) struct Mesh {
    pub(super) positions: Vec<Point>,
    /// Corners in order around.
    pub(super) quads: Vec<[u32; 4]>,
    /// Surface that belongs to each vertex, in mm^2.
    pub(super) areas: Vec<f64>,
}

impl Mesh {
    pub(super) fn of(mask: &Boxed<'_>, spacing: [f64; 3]) -> Self {
        let bits = mask.surfels();
        let ranks = Ranks::of(&bits);
        let (mut starts, mut quads) = (Vec::new(), Vec::new());
        for k in 0..bits.shape[0] {
            for j in 0..bits.shape[1] {
                let around = mask.rows_around(k, j);
                for (w, &word) in bits.row(k, j).iter().enumerate().filter(|(_, word)| **word != 0) {
                    let codes = Codes::new(&around, w);
                    for bit in ones(word) {
                        let at = [k, j, w * BITS + bit as usize];
                        starts.push(at.map(|x| x as f64));
                        push_quads(at, codes.of(bit), &bits, &ranks, &mut quads);
                    }
                }
            }
        }
        let mut positions = relaxed(&starts, &quads);
        for position in &mut positions {
            *position = std::array::from_fn(|x| position[x] * spacing[x]);
        }
        let mut areas = vec![0.0; positions.len()];
        for quad in &quads {
            let corners = quad.map(|n| positions[n as usize]);
            let around: f64 = fan(corners).map(area).iter().sum();
            quad.iter().for_each(|&n| areas[n as usize] += around / 4.0);
        }
        Self { positions, quads, areas }
    }
}

/// The four triangles from a quadrilateral's sides to its middle: no diagonal is preferred.
pub(super) fn fan(corners: [Point; 4]) -> [[Point; 3]; 4] {
    let middle = std::array::from_fn(|x| corners.iter().map(|corner| corner[x]).sum::<f64>() / 4.0);
    std::array::from_fn(|n| [corners[n], corners[(n + 1) % 4], middle])
}

fn area([a, b, c]: [Point; 3]) -> f64 {
    let [u, v]: [Point; 2] = [b, c].map(|p| std::array::from_fn(|x| p[x] - a[x]));
    let cross: Point = std::array::from_fn(|x| {
        let (y, z) = ((x + 1) % 3, (x + 2) % 3);
        u[y] * v[z] - u[z] * v[y]
    });
    cross.iter().map(|x| x * x).sum::<f64>().sqrt() / 2.0
}

/// The number of set points before each word.
struct Ranks(Vec<u32>);

impl Ranks {
    fn of(bits: &SurfaceBits) -> Self {
        let mut before = 0;
        let rows = (0..bits.shape[0]).flat_map(|k| (0..bits.shape[1]).map(move |j| (k, j)));
        let words = rows.flat_map(|(k, j)| bits.row(k, j));
        Self(
            words
                .map(|word| {
                    let here = before;
                    before += word.count_ones();
                    here
                })
                .collect(),
        )
    }

    /// The number of a set point.
    fn at(&self, bits: &SurfaceBits, [k, j, i]: [usize; 3]) -> u32 {
        let word = bits.row(k, j)[i / BITS];
        let index = (k * bits.shape[1] + j) * bits.words_per_row + i / BITS;
        self.0[index] + (word & ((1 << (i % BITS)) - 1)).count_ones()
    }
}

/// The quadrilaterals of which the cube at `at` is the first corner: those between voxel `at` and the voxel before it.
fn push_quads(at: [usize; 3], code: u8, bits: &SurfaceBits, ranks: &Ranks, quads: &mut Vec<[u32; 4]>) {
    for axis in 0..3 {
        // Bit `4 k + 2 j + i`; 7 is the voxel itself.
        let before = 7 - (4 >> axis);
        if (code >> before ^ code >> 7) & 1 == 0 {
            continue;
        }
        let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
        let corner = |steps: [usize; 2]| {
            let mut corner = at;
            corner[u] += steps[0];
            corner[v] += steps[1];
            ranks.at(bits, corner)
        };
        quads.push([corner([0, 0]), corner([1, 0]), corner([1, 1]), corner([0, 1])]);
    }
}

/// Vertices in voxels, moved until smooth and at most half a voxel away from their start on each axis.
fn relaxed(starts: &[Point], quads: &[[u32; 4]]) -> Vec<Point> {
    let mut positions = starts.to_vec();
    let mut sums = vec![[0.0; 3]; starts.len()];
    let mut neighbours = vec![0_u32; starts.len()];
    quads.iter().flatten().for_each(|&n| neighbours[n as usize] += 2);
    for round in 0..ROUNDS {
        let factor = FACTORS[round % 2];
        sums.fill([0.0; 3]);
        for quad in quads {
            let corners = quad.map(|n| positions[n as usize]);
            for n in 0..4 {
                let (before, after) = (corners[(n + 3) % 4], corners[(n + 1) % 4]);
                let sum = &mut sums[quad[n] as usize];
                (0..3).for_each(|x| sum[x] += before[x] + after[x]);
            }
        }
        for (n, position) in positions.iter_mut().enumerate() {
            let count = f64::from(neighbours[n]);
            for x in 0..3 {
                let p = position[x] + factor * (sums[n][x] / count - position[x]);
                position[x] = p.clamp(starts[n][x] - FARTHEST, starts[n][x] + FARTHEST);
            }
        }
    }
    positions
}
