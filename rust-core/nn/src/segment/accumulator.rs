//! The planes in flight: sums of weighted probabilities that some window still adds to.

use super::window::AxisTiles;

/// Sums for every structure over a slab of planes that moves along k.
pub(super) struct Accumulator {
    structures: usize,
    rows: usize,
    columns: usize,
    depth: usize,
    /// Model plane of the slab's first plane.
    first: usize,
    /// Plane `k` of structure `s` lies at `(k % depth, s)`: planes are reused, nothing is moved.
    sums: Vec<f32>,
}

impl Accumulator {
    /// From plane `first` on. `depth` is the most planes between the first unfinished one and the end of the window row
    /// in flight. `None` when there is no memory for it.
    pub(super) fn new(structures: usize, first: usize, depth: usize, rows: usize, columns: usize) -> Option<Self> {
        let size = [structures, rows, columns].iter().try_fold(depth, |n, &factor| n.checked_mul(factor))?;
        let mut sums = Vec::new();
        sums.try_reserve_exact(size).ok()?;
        sums.resize(size, 0.0);
        Some(Self { structures, rows, columns, depth, first, sums })
    }

    pub(super) fn bytes(&self) -> usize {
        self.sums.len() * size_of::<f32>()
    }

    fn plane_size(&self) -> usize {
        self.rows * self.columns
    }

    fn start(&self, structure: usize, plane: usize) -> usize {
        ((plane % self.depth) * self.structures + structure) * self.plane_size()
    }

    /// Adds a window's probabilities (`[structure, k, j, i]` in C order, of `size`) at `at`. What lies beyond the
    /// grid is padding and left out.
    pub(super) fn add(&mut self, axes: &[AxisTiles; 3], at: [usize; 3], probabilities: &[f32]) {
        let [ks, js, is] = std::array::from_fn(|a| axes[a].inside(at[a]));
        let size = [axes[0].size, axes[1].size, axes[2].size];
        for structure in 0..self.structures {
            for k in ks.clone() {
                let plane = self.start(structure, k);
                for j in js.clone() {
                    let weight = axes[0].weights[k - at[0]] * axes[1].weights[j - at[1]];
                    let from = ((structure * size[0] + k - at[0]) * size[1] + j - at[1]) * size[2];
                    let to = plane + j * self.columns;
                    let values = &probabilities[from..from + is.len()];
                    let sums = &mut self.sums[to + is.start..to + is.end];
                    for ((sum, value), across) in sums.iter_mut().zip(values).zip(&axes[2].weights) {
                        *sum += weight * across * value;
                    }
                }
            }
        }
    }

    /// Takes the first plane out: the mean probabilities `[structure][row * columns + column]`.
    pub(super) fn take_plane(&mut self, axes: &[AxisTiles; 3]) -> Vec<Vec<f32>> {
        let k = self.first;
        self.first += 1;
        (0..self.structures)
            .map(|structure| {
                let start = self.start(structure, k);
                let (size, columns) = (self.plane_size(), self.columns);
                let sums = &mut self.sums[start..start + size];
                let mut plane = sums.to_vec();
                sums.fill(0.0);
                for (row, along) in plane.chunks_mut(columns.max(1)).zip(&axes[1].scale) {
                    let scale = axes[0].scale[k] * along;
                    row.iter_mut().zip(&axes[2].scale).for_each(|(value, across)| *value *= scale * across);
                }
                plane
            })
            .collect()
    }

    /// The first plane that is still summed up.
    pub(super) const fn first(&self) -> usize {
        self.first
    }
}
