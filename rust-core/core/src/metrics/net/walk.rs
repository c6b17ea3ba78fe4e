//! Walks over a net from vertex to neighbour, beginning anywhere.

use super::{
    super::box_tree::Point,
    mesh::{Net, PerVertex},
};

/// A vertex of a net.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Site {
    k: u32,
    number: u32,
}

impl Site {
    pub(super) const fn new(k: usize, number: usize) -> Self {
        Self { k: k as u32, number: number as u32 }
    }

    pub(super) const fn k(self) -> usize {
        self.k as usize
    }

    /// In its slice.
    pub(super) const fn number(self) -> usize {
        self.number as usize
    }

    pub(super) fn of<T>(self, values: &PerVertex<T>) -> &T {
        &values[self.k()][self.number()]
    }

    pub(super) fn of_mut<T>(self, values: &mut PerVertex<T>) -> &mut T {
        &mut values[self.k()][self.number()]
    }
}

/// The eight voxels around a cube's vertex, and which of them are inside.
pub(super) fn voxels_of(cube: [usize; 3], code: u8) -> impl Iterator<Item = (Point, bool)> {
    let voxel = move |n: u8| std::array::from_fn(|x| cube[x] as f64 - f64::from(1 - (n >> (2 - x) & 1)));
    (0..8).map(move |n| (voxel(n), code >> n & 1 == 1))
}

/// Places are in voxels, voxel centres at whole numbers.
pub(super) struct Walk<'a> {
    net: &'a Net,
    ranks: &'a PerVertex<[u16; 4]>,
    /// Row and column of each vertex's cube.
    rows_and_columns: PerVertex<[u16; 2]>,
    /// By which walk each vertex was reached last, the first being 1.
    reached: PerVertex<u32>,
    walks: u32,
}

impl<'a> Walk<'a> {
    pub(super) fn new(net: &'a Net, ranks: &'a PerVertex<[u16; 4]>) -> Self {
        let of_slice = |k: usize| {
            let mut cubes = Vec::new();
            net.for_cubes(k, |_, [_, j, i]| cubes.push([j as u16, i as u16]));
            cubes
        };
        let rows_and_columns = (0..net.bits.shape[0]).map(of_slice).collect();
        Self { net, ranks, rows_and_columns, reached: net.per_vertex(&0), walks: 0 }
    }

    pub(super) fn cube(&self, site: Site) -> [usize; 3] {
        let [j, i] = *site.of(&self.rows_and_columns);
        [site.k(), usize::from(j), usize::from(i)]
    }

    /// The middle of the vertex's cube.
    pub(super) fn middle(&self, site: Site) -> Point {
        self.cube(site).map(|x| x as f64 - 0.5)
    }

    pub(super) fn place(&self, site: Site) -> Point {
        let (middle, offset) = (self.middle(site), self.net.offset(site.k(), site.number()));
        std::array::from_fn(|x| middle[x] + offset[x])
    }

    /// The eight voxels around the vertex, and which of them are inside.
    pub(super) fn voxels(&self, site: Site) -> impl Iterator<Item = (Point, bool)> + use<> {
        voxels_of(self.cube(site), self.net.code(site.k(), site.number()))
    }

    /// The voxels around these vertices, each once: those inside, and those outside.
    pub(super) fn voxels_around(&self, sites: &[Site]) -> [Vec<Point>; 2] {
        let corners = |site: &Site| {
            let (cube, code) = (self.cube(*site), self.net.code(site.k(), site.number()));
            (0..8).map(move |n| (code >> n & 1 == 0, [0, 1, 2].map(|x| (cube[x] + (n >> (2 - x) & 1)) as u16)))
        };
        let mut voxels: Vec<(bool, [u16; 3])> = sites.iter().flat_map(corners).collect();
        voxels.sort_unstable();
        voxels.dedup();
        let inside = voxels.partition_point(|(outside, _)| !outside);
        let (inside, outside) = voxels.split_at(inside);
        [inside, outside].map(|side| side.iter().map(|(_, voxel)| voxel.map(|x| f64::from(x) - 1.0)).collect())
    }

    /// Whether the voxels around the vertex are inside where `distance` is negative, and only there.
    pub(super) fn agrees(&self, site: Site, distance: impl Fn(Point) -> f64) -> bool {
        self.voxels(site).all(|(voxel, inside)| (distance(voxel) < 0.0) == inside)
    }

    pub(super) fn neighbours(&self, site: Site) -> impl Iterator<Item = Site> + use<> {
        let vertex = self.net.vertex(site.k(), self.cube(site)[1], site.number(), self.ranks);
        let slices = [site.k().wrapping_sub(1), site.k() + 1];
        vertex.linked().map(move |n| Site::new(slices.get(n).copied().unwrap_or(site.k()), vertex.neighbours[n]))
    }

    fn reach(&mut self, site: Site) -> bool {
        std::mem::replace(site.of_mut(&mut self.reached), self.walks) != self.walks
    }

    fn was_reached(&self, site: Site) -> bool {
        *site.of(&self.reached) == self.walks
    }

    /// These vertices and, ring by ring, their neighbours that are wanted and the neighbours of those. `go_on` is asked
    /// before each ring.
    pub(super) fn rings(
        &mut self,
        from: &[Site],
        mut go_on: impl FnMut(&Self, &[Site]) -> bool,
        mut wanted: impl FnMut(&Self, Site) -> bool,
    ) -> Vec<Site> {
        self.walks += 1;
        let mut found = from.to_vec();
        found.retain(|&site| self.reach(site));
        let mut ring = 0..found.len();
        while !ring.is_empty() && go_on(self, &found) {
            for n in ring.clone() {
                for next in self.neighbours(found[n]) {
                    if !self.was_reached(next) && wanted(self, next) {
                        self.reach(next);
                        found.push(next);
                    }
                }
            }
            ring = ring.end..found.len();
        }
        found
    }

    /// All that is connected with these vertices through wanted ones.
    pub(super) fn connected(&mut self, from: &[Site], wanted: impl FnMut(&Self, Site) -> bool) -> Vec<Site> {
        self.rings(from, |_, _| true, wanted)
    }

    /// These vertices and so many rings around them.
    pub(super) fn around(&mut self, from: &[Site], rings: usize) -> Vec<Site> {
        let mut left = 0..rings;
        self.rings(from, |_, _| left.next().is_some(), |_, _| true)
    }

    /// Those of these vertices whose neighbours are all among them.
    pub(super) fn inner(&mut self, sites: &[Site]) -> Vec<Site> {
        self.walks += 1;
        sites.iter().for_each(|&site| {
            self.reach(site);
        });
        let among = |&site: &Site| self.neighbours(site).all(|next| self.was_reached(next));
        sites.iter().copied().filter(among).collect()
    }
}
