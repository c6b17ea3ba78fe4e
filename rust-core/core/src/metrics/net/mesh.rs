//! The surface net of a mask: a vertex in each cube between eight voxel centres of which some are inside.
//!
//! Kept small, as a patient's largest structure has a million vertices: where they are is a bit each, in the lattice of
//! the surface, and a vertex is 7 bytes beside. Neighbours are found by counting bits.

use std::ops::Range;

use super::{
    super::{
        box_tree::Point,
        lattice::{BITS, Boxed, Codes, SurfaceBits, ones},
    },
    edges::sharpened,
    extent::Extent,
    patches::patched,
    placing::placed,
    relax::relaxed,
};
use crate::vectors::{cross, length, minus};

/// Steps of a voxel in which offsets are kept: half a voxel is the most that 16 bits hold.
pub(super) const STEPS: f32 = 65534.0;

/// From the middle of a cube, in [`STEPS`] of a voxel.
pub(super) type Offset = [i16; 3];

/// Which of the cubes before and after on each axis (bits 0 to 5: -k, +k, -j, +j, -i, +i) share a face through which
/// the surface goes, by the code of the cube's voxels.
static LINKS: [u8; 256] = links();

const fn links() -> [u8; 256] {
    // The voxels before on each axis: their codes' bits are 4 k + 2 j + i.
    const BEFORE: [u8; 3] = [0b0000_1111, 0b0011_0011, 0b0101_0101];
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        let mut face = 0;
        while face < 6 {
            let voxels = if face % 2 == 0 { BEFORE[face / 2] } else { !BEFORE[face / 2] };
            let inside = code as u8 & voxels;
            if inside != 0 && inside != voxels {
                table[code] |= 1 << face;
            }
            face += 1;
        }
        code += 1;
    }
    table
}

/// Something of each vertex, slice by slice: many small pieces of memory are used again where one large one is not.
pub(super) type PerVertex<T> = Vec<Vec<T>>;

/// A net whose vertices have been relaxed. A vertex has a number in its slice.
pub(super) struct Net {
    /// The cubes that have a vertex, by their last voxel.
    pub(super) bits: SurfaceBits,
    /// Vertices of the slice before each row.
    rows: PerVertex<u32>,
    /// Which voxels around each vertex are inside.
    codes: PerVertex<u8>,
    offsets: PerVertex<Offset>,
    pub(super) spacing: Point,
}

/// A vertex with its neighbours.
pub(super) struct Vertex {
    pub(super) number: usize,
    /// Vertices of the cubes around: -k, +k, -j, +j, -i, +i. Without meaning where there is no link.
    pub(super) neighbours: [usize; 6],
    /// Bit n is set when neighbour n is linked.
    pub(super) links: u8,
}

impl Vertex {
    /// The neighbours that are linked: their numbers in order of -k, +k, -j, +j, -i, +i.
    pub(super) fn linked(&self) -> impl Iterator<Item = usize> + use<> {
        let links = self.links;
        (0..6).filter(move |n| links >> n & 1 == 1)
    }
}

/// The values of a slice's vertices and of those in the slices before and after.
pub(super) struct Around<'a, T> {
    before: &'a [T],
    here: &'a [T],
    after: &'a [T],
}

impl<'a, T: Copy> Around<'a, T> {
    pub(super) fn new(values: &'a PerVertex<T>, k: usize) -> Self {
        let slice = |k: Option<usize>| k.and_then(|k| values.get(k)).map_or(&[][..], |values| values);
        Self { before: slice(k.checked_sub(1)), here: &values[k], after: slice(Some(k + 1)) }
    }

    #[inline]
    pub(super) fn own(&self, vertex: &Vertex) -> T {
        self.here[vertex.number]
    }

    /// The value of neighbour n; the vertex's own where there is no link.
    #[inline]
    pub(super) fn neighbour(&self, vertex: &Vertex, n: usize) -> T {
        if vertex.links >> n & 1 == 0 {
            return self.own(vertex);
        }
        let slice = match n {
            0 => self.before,
            1 => self.after,
            _ => self.here,
        };
        slice[vertex.neighbours[n]]
    }
}

impl Net {
    /// A net that has been relaxed, and placed on patches, on the faces that are flat, and on the edges between them.
    pub(super) fn of(mask: &Boxed<'_>, spacing: Point) -> Self {
        let mut net = Self::with_offsets(mask, spacing, Vec::new());
        let (ranks, extent) = (net.ranks(), Extent::of(&net));
        net.offsets = relaxed(&net, &ranks, extent.thin());
        // A mask that is thin has neither patches nor faces that are seen in its voxels.
        if !extent.is_thin() {
            let mut settled;
            (net.offsets, settled) = patched(&net, extent);
            for (site, offset) in placed(&net, &ranks, extent) {
                *site.of_mut(&mut net.offsets) = offset;
                *site.of_mut(&mut settled) = true;
            }
            for (site, offset) in sharpened(&net, &settled) {
                *site.of_mut(&mut net.offsets) = offset;
            }
        }
        net
    }

    /// What has taken the time: the rest of a net is found again in no time.
    pub(super) fn into_offsets(self) -> PerVertex<Offset> {
        self.offsets
    }

    /// The net whose offsets these are.
    pub(super) fn with_offsets(mask: &Boxed<'_>, spacing: Point, offsets: PerVertex<Offset>) -> Self {
        let bits = mask.surfels();
        let [slices, rows_per_slice, _] = bits.shape;
        let of_slice = |k: usize| {
            let (mut rows, mut codes) = (Vec::with_capacity(rows_per_slice + 1), Vec::new());
            for j in 0..rows_per_slice {
                rows.push(codes.len() as u32);
                let around = mask.rows_around(k, j);
                for (w, &word) in bits.row(k, j).iter().enumerate().filter(|(_, word)| **word != 0) {
                    let voxels = Codes::new(&around, w);
                    codes.extend(ones(word).map(|bit| voxels.of(bit)));
                }
            }
            rows.push(codes.len() as u32);
            codes.shrink_to_fit();
            (rows, codes)
        };
        let (rows, codes) = (0..slices).map(of_slice).unzip();
        Self { bits, rows, codes, offsets, spacing }
    }

    /// The edge in mm of a cube that is as large as a voxel.
    pub(super) fn unit(&self) -> f64 {
        self.spacing.iter().product::<f64>().cbrt()
    }

    /// Which neighbours a vertex has, by its code: bits 0 to 5 for -k, +k, -j, +j, -i, +i.
    pub(super) fn links(code: u8) -> u8 {
        LINKS[usize::from(code)]
    }

    /// `value` for each vertex.
    pub(super) fn per_vertex<T: Clone>(&self, value: &T) -> PerVertex<T> {
        self.codes.iter().map(|codes| vec![value.clone(); codes.len()]).collect()
    }

    /// The rows of cubes around one: -k, +k, -j, +j; `None` beyond the lattice.
    fn rows_around(&self, k: usize, j: usize) -> [Option<[usize; 2]>; 4] {
        let [slices, rows, _] = self.bits.shape;
        let row = |k: Option<usize>, j: Option<usize>| match k.zip(j) {
            Some((k, j)) if k < slices && j < rows => Some([k, j]),
            _ => None,
        };
        let (before_k, before_j) = (k.checked_sub(1), j.checked_sub(1));
        [row(before_k, Some(j)), row(Some(k + 1), Some(j)), row(Some(k), before_j), row(Some(k), Some(j + 1))]
    }

    /// Of every vertex, how many vertices come before it in each of the rows around: -k, +k, -j, +j.
    pub(super) fn ranks(&self) -> PerVertex<[u16; 4]> {
        let of_slice = |k: usize| {
            let mut ranks = Vec::with_capacity(self.codes[k].len());
            for j in 0..self.bits.shape[1] {
                let around = self.rows_around(k, j).map(|row| row.map_or(&[][..], |[k, j]| self.bits.row(k, j)));
                let mut before = [0; 4];
                for (w, &word) in self.bits.row(k, j).iter().enumerate() {
                    let words = around.map(|row| row.get(w).copied().unwrap_or(0));
                    let up_to = |bit: u32, n: usize| before[n] + (words[n] & ((1 << bit) - 1)).count_ones() as u16;
                    ranks.extend(ones(word).map(|bit| std::array::from_fn(|n| up_to(bit, n))));
                    before.iter_mut().zip(words).for_each(|(before, word)| *before += word.count_ones() as u16);
                }
            }
            ranks
        };
        (0..self.bits.shape[0]).map(of_slice).collect()
    }

    /// Calls `look` with every vertex of a slice, in order. `ranks` are those of [`Self::ranks`].
    #[inline]
    pub(super) fn for_vertices(&self, k: usize, ranks: &PerVertex<[u16; 4]>, mut look: impl FnMut(Vertex)) {
        for j in 0..self.bits.shape[1] {
            let vertices = self.rows[k][j] as usize..self.rows[k][j + 1] as usize;
            if vertices.is_empty() {
                continue;
            }
            let starts = self.starts_around(k, j);
            vertices.for_each(|number| look(self.vertex_after(starts, k, number, ranks)));
        }
    }

    /// The first vertices of the rows around one: -k, +k, -j, +j.
    fn starts_around(&self, k: usize, j: usize) -> [usize; 4] {
        self.rows_around(k, j).map(|row| row.map_or(0, |[k, j]| self.rows[k][j] as usize))
    }

    #[inline]
    fn vertex_after(&self, starts: [usize; 4], k: usize, number: usize, ranks: &PerVertex<[u16; 4]>) -> Vertex {
        let rank = ranks[k][number];
        let [a, b, c, d] = std::array::from_fn(|n| starts[n] + usize::from(rank[n]));
        let neighbours = [a, b, c, d, number.wrapping_sub(1), number + 1];
        Vertex { number, neighbours, links: Self::links(self.codes[k][number]) }
    }

    /// One vertex of a slice, which is in row `j`.
    pub(super) fn vertex(&self, k: usize, j: usize, number: usize, ranks: &PerVertex<[u16; 4]>) -> Vertex {
        self.vertex_after(self.starts_around(k, j), k, number, ranks)
    }

    /// Which voxels of a vertex's cube are inside: bit 4 k + 2 j + i, the last voxel of the cube being bit 7.
    pub(super) fn code(&self, k: usize, number: usize) -> u8 {
        self.codes[k][number]
    }

    /// Where a vertex is from the middle of its cube, in voxels.
    pub(super) fn offset(&self, k: usize, number: usize) -> Point {
        self.offsets[k][number].map(|x| f64::from(x) / f64::from(STEPS))
    }

    /// Calls `look` with the numbers and columns of the vertices of a row whose columns are in a range, in order.
    #[inline]
    pub(super) fn for_columns(&self, k: usize, j: usize, columns: Range<usize>, mut look: impl FnMut(usize, usize)) {
        let (row, mut number) = (self.bits.row(k, j), self.rows[k][j] as usize);
        for (w, &word) in row.iter().enumerate().take(columns.end.div_ceil(BITS)) {
            let (first, last) = (columns.start.max(w * BITS), columns.end.min((w + 1) * BITS));
            if first < last && word != 0 {
                let before = word & ((1 << (first % BITS)) - 1);
                let wanted = word & (u64::MAX >> ((BITS - last % BITS) % BITS)) ^ before;
                let start = number + before.count_ones() as usize;
                ones(wanted).enumerate().for_each(|(n, bit)| look(start + n, w * BITS + bit as usize));
            }
            number += word.count_ones() as usize;
        }
    }

    /// Calls `look` with the number and the cube of every vertex of a slice, in order.
    pub(super) fn for_cubes(&self, k: usize, mut look: impl FnMut(usize, [usize; 3])) {
        for j in 0..self.bits.shape[1] {
            self.for_columns(k, j, 0..self.bits.shape[2], |number, i| look(number, [k, j, i]));
        }
    }

    /// The vertex of a cube that has one.
    pub(super) fn vertex_of(&self, [k, j, i]: [usize; 3]) -> usize {
        let row = self.bits.row(k, j);
        let before: u32 = row[..i / BITS].iter().map(|word| word.count_ones()).sum();
        let below = row[i / BITS] & ((1 << (i % BITS)) - 1);
        (self.rows[k][j] + before + below.count_ones()) as usize
    }

    /// Where a vertex is, in mm.
    pub(super) fn position(&self, vertex: usize, cube: [usize; 3]) -> Point {
        let offset = self.offset(cube[0], vertex);
        std::array::from_fn(|x| (cube[x] as f64 + offset[x]) * self.spacing[x])
    }

    /// Calls `look` with the quadrilaterals of which the slice's cubes are the first corner: those between the last voxel
    /// of a cube and the voxel before it on each axis, one of which is inside. The cube, and positions in order around.
    pub(super) fn for_quads(&self, k: usize, mut look: impl FnMut([usize; 3], [Point; 4])) {
        self.for_quad_corners(k, |corners| {
            look(corners[0].1, corners.map(|(number, cube)| self.position(number, cube)));
        });
    }

    /// The same, with the numbers and the cubes of the corners' vertices.
    pub(super) fn for_quad_corners(&self, k: usize, mut look: impl FnMut([(usize, [usize; 3]); 4])) {
        self.for_cubes(k, |number, at| {
            let code = self.codes[k][number];
            for axis in 0..3 {
                // Bit 7 is the last voxel.
                if (code >> (7 - (4 >> axis)) ^ code >> 7) & 1 == 0 {
                    continue;
                }
                let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
                let corner = |steps: [usize; 2]| {
                    let mut cube = at;
                    cube[u] += steps[0];
                    cube[v] += steps[1];
                    (self.vertex_of(cube), cube)
                };
                look([[0, 0], [1, 0], [1, 1], [0, 1]].map(corner));
            }
        });
    }

    /// How many vertices a slice has.
    pub(super) fn vertices(&self, k: usize) -> usize {
        self.codes[k].len()
    }
}

/// As offsets of vertices are kept, in voxels.
pub(super) fn kept(offset: Point) -> Offset {
    offset.map(|x| (x * f64::from(STEPS)).round() as i16)
}

/// The middle of a quadrilateral.
pub(super) fn middle(corners: [Point; 4]) -> Point {
    std::array::from_fn(|x| corners.iter().map(|corner| corner[x]).sum::<f64>() / 4.0)
}

/// The area of a quadrilateral.
pub(super) fn quad_area(corners: [Point; 4]) -> f64 {
    fan(corners).map(area).iter().sum()
}

/// The four triangles from a quadrilateral's sides to its middle: no diagonal is preferred.
pub(super) fn fan(corners: [Point; 4]) -> [[Point; 3]; 4] {
    let middle = middle(corners);
    std::array::from_fn(|n| [corners[n], corners[(n + 1) % 4], middle])
}

fn area([a, b, c]: [Point; 3]) -> f64 {
    length(cross(minus(b, a), minus(c, a))) / 2.0
}
