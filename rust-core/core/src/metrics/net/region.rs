//! The vertices of a net around one of them, and the piece of surface that they are.

use super::{
    super::box_tree::Point,
    height::{Height, Known, Voxel},
    mesh::Net,
    walk::Site,
};
use crate::vectors::{cross, dot, length, minus};

/// By so many units around a vertex it is looked which way is out there.
const AROUND: f64 = 2.5;

/// Vertices that face another way belong to another side of the organ: the cosine. Those beyond an edge do not. Between
/// directions of voxels it is never just this, which roundings would decide.
const FACING: f64 = -0.47;

/// Voxels from which a height is found.
const LEAST: usize = 40;

/// A vertex of which the region is sought.
#[derive(Clone, Copy)]
pub(super) struct Seed {
    pub(super) site: Site,
    pub(super) cube: [usize; 3],
}

/// A vertex of a region.
#[derive(Clone, Copy)]
pub(super) struct Member {
    pub(super) site: Site,
    pub(super) cube: [usize; 3],
    pub(super) code: u8,
    /// From the seed, in mm.
    pub(super) way: Point,
}

/// Regions one after the other, in the same memory.
#[derive(Default)]
pub(super) struct Region {
    pub(super) members: Vec<Member>,
    voxels: Seen,
    known: Known,
    near: Vec<Voxel>,
}

/// A piece of smooth surface.
pub(super) struct Patch {
    /// Two along it and one outwards, from the seed.
    axes: [Point; 3],
    radius: f64,
    height: Height,
}

impl Region {
    /// Which way is out at a vertex; `None` where no side is.
    pub(super) fn outwards(&mut self, net: &Net, seed: Seed, unit: f64) -> Option<Point> {
        self.gather(net, seed, AROUND * unit);
        outwards_of(&self.members, net.spacing)
    }

    /// The surface within `radius` mm around a seed where `out` is outwards, if a quadratic height has all voxels there on
    /// their sides.
    pub(super) fn patch(&mut self, net: &Net, seed: Seed, out: Point, radius: f64, unit: f64) -> Option<Patch> {
        let spacing = net.spacing;
        self.gather(net, seed, radius);
        self.members.retain(|member| {
            let way = outwards(member.code, spacing);
            dot(way, out) > FACING * length(way)
        });
        let axes = axes(outwards_of(&self.members, spacing)?);
        let at = net.position(seed.site.number(), seed.cube);
        // Where a way leads to, and whether that is over the patch.
        let seen = |way: Point| {
            let [u, v, z] = axes.map(|axis| dot(axis, way));
            let place = [u / radius, v / radius, z];
            (place, place[0] * place[0] + place[1] * place[1] < 1.0)
        };
        self.known.clear();
        for member in &self.members {
            let (place, is_over) = seen(member.way);
            if is_over {
                self.known.add_place(place);
            }
            for n in 0..8 {
                // Voxels have numbers one higher than in the mask: none is negative.
                let voxel = [0, 1, 2].map(|x| member.cube[x] + (n >> (2 - x) & 1));
                if self.voxels.is_new(voxel) {
                    let voxel = std::array::from_fn(|x| (voxel[x] as f64 - 0.5) * spacing[x]);
                    let (place, is_over) = seen(minus(voxel, at));
                    if is_over {
                        self.known.add_voxel(place, member.code >> n & 1 == 1);
                    }
                }
            }
        }
        if self.known.voxels() < LEAST {
            return None;
        }
        let thickness = length(std::array::from_fn(|x| axes[2][x] * spacing[x]));
        let height = Height::parting(&self.known, &mut self.near, radius, [unit, thickness])?;
        Some(Patch { axes, radius, height })
    }

    /// All vertices that are nearer to the seed than `radius` mm.
    pub(super) fn gather(&mut self, net: &Net, seed: Seed, radius: f64) {
        let (spacing, shape) = (net.spacing, net.bits.shape);
        let at = net.position(seed.site.number(), seed.cube);
        // A vertex is up to half a voxel from the middle of its cube.
        let reach = spacing.map(|s| (radius / s) as usize + 1);
        let first: [usize; 3] = std::array::from_fn(|x| seed.cube[x].saturating_sub(reach[x]));
        let end: [usize; 3] = std::array::from_fn(|x| (seed.cube[x] + reach[x] + 1).min(shape[x]));
        self.voxels.clear(first, std::array::from_fn(|x| end[x] - first[x] + 1));
        self.members.clear();
        let least = |x: usize, at: usize| at.abs_diff(seed.cube[x]).saturating_sub(1) as f64 * spacing[x];
        for (k, j) in (first[0]..end[0]).flat_map(|k| (first[1]..end[1]).map(move |j| (k, j))) {
            if least(0, k).powi(2) + least(1, j).powi(2) >= radius * radius {
                continue;
            }
            net.for_columns(k, j, first[2]..end[2], |number, i| {
                let cube = [k, j, i];
                let way = minus(net.position(number, cube), at);
                if dot(way, way) < radius * radius {
                    let code = net.code(k, number);
                    self.members.push(Member { site: Site::new(k, number), cube, code, way });
                }
            });
        }
    }
}

impl Patch {
    /// From the place where a way from the seed leads to, to the surface; how far from the middle that is, as a part of
    /// the radius. `None` beyond.
    pub(super) fn step_from(&self, way: Point) -> Option<(Point, f64)> {
        let [u, v, z] = self.axes.map(|axis| dot(axis, way));
        let [u, v] = [u, v].map(|x| x / self.radius);
        let part = (u * u + v * v).sqrt();
        let [a, b] = self.height.slopes(u, v);
        // Straight to the tangential plane.
        let step = (self.height.at(u, v) - z) / (1.0 + a * a + b * b);
        let part_of_step = |x: usize| step * (self.axes[2][x] - a * self.axes[0][x] - b * self.axes[1][x]);
        (part < 1.0).then(|| (std::array::from_fn(part_of_step), part))
    }
}

/// Two axes across one, of length one.
pub(super) fn axes(out: Point) -> [Point; 3] {
    let [a, b, c] = out.map(f64::abs);
    let least = if a <= b && a <= c { 0 } else { 2 - usize::from(b <= c) };
    let across = cross(out, std::array::from_fn(|x| f64::from(u8::from(x == least))));
    let long = length(across);
    let first = across.map(|x| x / long);
    [first, cross(out, first), out]
}

/// Which way is out where these vertices are, of length one; `None` where no side is.
pub(super) fn outwards_of(members: &[Member], spacing: Point) -> Option<Point> {
    // In whole numbers: where it is none, it is none in any order.
    let add = |sum: [i32; 3], member: &Member| {
        let way = OUTWARDS[usize::from(member.code)];
        std::array::from_fn(|x| sum[x] + i32::from(way[x]))
    };
    let sum = members.iter().fold([0; 3], add);
    let way: Point = std::array::from_fn(|x| f64::from(sum[x]) / spacing[x]);
    let long = length(way);
    (long > 0.0).then(|| way.map(|x| x / long))
}

/// Which way is out at a cube.
fn outwards(code: u8, spacing: Point) -> Point {
    std::array::from_fn(|x| f64::from(OUTWARDS[usize::from(code)][x]) / spacing[x])
}

/// Voxels inside before the middle of a cube on each axis, less those after it, by the code of its voxels.
static OUTWARDS: [[i8; 3]; 256] = {
    let mut table = [[0; 3]; 256];
    let mut code = 0;
    while code < 256 {
        let mut n = 0;
        while n < 8 {
            let mut x = 0;
            while x < 3 {
                if code >> n & 1 == 1 {
                    table[code][x] += if n >> (2 - x) & 1 == 1 { -1 } else { 1 };
                }
                x += 1;
            }
            n += 1;
        }
        code += 1;
    }
    table
};

/// Which voxels of a box have been seen.
#[derive(Default)]
struct Seen {
    first: [usize; 3],
    shape: [usize; 3],
    words: Vec<u64>,
}

impl Seen {
    fn clear(&mut self, first: [usize; 3], shape: [usize; 3]) {
        (self.first, self.shape) = (first, shape);
        self.words.clear();
        self.words.resize(shape.iter().product::<usize>().div_ceil(64), 0);
    }

    /// Whether it is seen for the first time.
    fn is_new(&mut self, at: [usize; 3]) -> bool {
        let [k, j, i] = std::array::from_fn(|x| at[x] - self.first[x]);
        let n = (k * self.shape[1] + j) * self.shape[2] + i;
        let (word, bit) = (&mut self.words[n / 64], 1 << (n % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}
