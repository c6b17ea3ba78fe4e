//! The box around a net's vertices, with its axes in an order that is the mask's own.
//!
//! What begins here and there on the surface begins at the same places however a scan's axes are ordered and wherever in
//! it the mask lies, so that the numbers of a comparison do not depend on that either.

use super::mesh::Net;

/// Cubes on an axis of a mask of two voxels.
const THIN: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Extent {
    /// The first cube with a vertex on each axis.
    first: [usize; 3],
    /// How many there are from there to the last: one more than voxels.
    across: [usize; 3],
    /// The axes in the mask's order.
    order: [usize; 3],
}

impl Extent {
    pub(super) fn of(net: &Net) -> Self {
        let (mut first, mut last) = ([usize::MAX; 3], [0; 3]);
        for_cubes(net, |cube| {
            first = std::array::from_fn(|x| first[x].min(cube[x]));
            last = std::array::from_fn(|x| last[x].max(cube[x]));
        });
        let across = std::array::from_fn(|x| (last[x] + 1).saturating_sub(first[x]));
        // Where neither spacing nor extent differ, the first and second moment do, or else the mask is the same either way.
        let mut moments = [[0_u64; 2]; 3];
        for_cubes(net, |cube| {
            for x in 0..3 {
                let at = (cube[x] - first[x]) as u64;
                moments[x] = [moments[x][0] + at, moments[x][1] + at * at];
            }
        });
        let mut order = [0, 1, 2];
        order.sort_by(|&a, &b| {
            let by_spacing = net.spacing[a].total_cmp(&net.spacing[b]);
            by_spacing.then_with(|| (across[a], moments[a]).cmp(&(across[b], moments[b])))
        });
        Self { first, across, order }
    }

    /// A cube by its place in the box, the axes in the mask's order.
    pub(super) fn place_of(&self, cube: [usize; 3]) -> [u32; 3] {
        self.order.map(|x| (cube[x] - self.first[x]) as u32)
    }

    /// On which axes the mask has one or two voxels: of its shape along them it says nothing.
    pub(super) fn thin(&self) -> [bool; 3] {
        self.across.map(|cubes| cubes <= THIN)
    }

    pub(super) fn is_thin(&self) -> bool {
        self.thin().contains(&true)
    }
}

fn for_cubes(net: &Net, mut look: impl FnMut([usize; 3])) {
    (0..net.bits.shape[0]).for_each(|k| net.for_cubes(k, |_, cube| look(cube)));
}
