//! Painting shapes in order onto one slice: Hounsfield units with soft edges, labels by voxel centres.

use crate::{
    shape::{Shape, V3, max_each, min_each},
    structures::{BODY, EXCLUSIVE},
    warp::Warp,
};

/// What fills a shape.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Material {
    /// One value, HU.
    Flat(f32),
    /// A value with patches of this depth (HU) and size (mm).
    Mottled { hu: f32, depth: f32, size: f32 },
    /// Air in front of the coronal plane at `y`, something else behind it: a supine child's air-fluid level.
    Level { air: f32, fluid: f32, y: f32 },
    /// Muscle: mottled, with thin curved sheets of fat between its bellies.
    Muscle { hu: f32, fat: f32 },
    /// Stool: mottled, with gas in pockets.
    Stool { hu: f32, gas: f32 },
}

impl Material {
    fn hu(&self, p: V3) -> f32 {
        match *self {
            Self::Flat(hu) => hu,
            Self::Mottled { hu, depth, size } => hu + depth * patches(p, size),
            Self::Level { air, fluid, y } => {
                if p[1] < y {
                    air
                } else {
                    fluid
                }
            }
            Self::Muscle { hu, fat } => {
                // Where the patches pass through zero they do so on surfaces: those are the sheets.
                let askew = [p[0] + 0.6 * p[1], p[1] - 0.5 * p[2], 0.7 * p[2] + 0.4 * p[0]];
                let sheet = (1.0 - patches(askew, 30.0).abs() / 0.07).max(0.0);
                hu + 12.0 * patches(p, 7.0) + 0.8 * sheet * (fat - hu)
            }
            Self::Stool { hu, gas } => {
                let n = patches(p, 16.0) + 0.5 * patches(p, 6.0);
                if n > gas { -700.0 } else { hu + 35.0 * n }
            }
        }
    }
}

/// Smooth random patches between -1 and 1, about `size` mm across.
fn patches(p: V3, size: f32) -> f32 {
    let q: V3 = std::array::from_fn(|x| p[x] / size);
    let cell: [i32; 3] = std::array::from_fn(|x| q[x].floor() as i32);
    let f: V3 = std::array::from_fn(|x| {
        let t = q[x] - cell[x] as f32;
        t * t * (3.0 - 2.0 * t)
    });
    let mut sum = 0.0;
    for corner in 0..8 {
        let bit = [corner & 1, corner >> 1 & 1, corner >> 2 & 1];
        let weight: f32 = (0..3).map(|x| if bit[x] == 1 { f[x] } else { 1.0 - f[x] }).product();
        let mut h = (cell[0] + bit[0]) as u32;
        h = h.wrapping_mul(0x9e37_79b1) ^ ((cell[1] + bit[1]) as u32).wrapping_mul(0x85eb_ca77);
        h ^= ((cell[2] + bit[2]) as u32).wrapping_mul(0xc2b2_ae3d);
        h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
        h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
        h ^= h >> 15;
        sum += weight * (h as f32 / u32::MAX as f32 * 2.0 - 1.0);
    }
    sum
}

/// What happens where a part's distance is below a depth.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layer {
    below: f32,
    material: Option<Material>,
    set: u32,
    clear: u32,
    /// Only where one of these is set already (0: anywhere).
    within: u32,
    /// Labels change only above this height of the scan, mm.
    set_above: f32,
}

impl Layer {
    /// A tissue that replaces what was there.
    pub(crate) fn solid(below: f32, material: Material, set: u32) -> Self {
        Self { below, material: Some(material), set, clear: EXCLUSIVE, within: 0, set_above: f32::MIN }
    }

    /// A change of density inside a structure that stays what it is.
    pub(crate) fn stain(below: f32, material: Material) -> Self {
        Self { below, material: Some(material), set: 0, clear: 0, within: 0, set_above: f32::MIN }
    }

    /// A region that can't be seen.
    pub(crate) fn mark(below: f32, set: u32) -> Self {
        Self { below, material: None, set, clear: 0, within: 0, set_above: f32::MIN }
    }

    /// Only inside these structures.
    pub(crate) fn within(mut self, within: u32) -> Self {
        self.within = within;
        self
    }

    /// What else it takes a voxel away from, in place of everything.
    pub(crate) fn clearing(mut self, clear: u32) -> Self {
        self.clear = clear;
        self
    }

    /// Labels only above this height of the scan, as whole slices.
    pub(crate) fn set_above(mut self, z: f32) -> Self {
        self.set_above = z;
        self
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operation {
    Union,
    Subtract,
    Intersect,
}

/// Shapes that make up one thing, and how it is painted.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    shapes: Vec<(Operation, Shape, [V3; 2])>,
    layers: Vec<Layer>,
    blend: f32,
    bounds: [V3; 2],
    /// Not the child: not bent with it.
    rigid: bool,
}

impl Part {
    /// The union of these shapes.
    pub(crate) fn new(shapes: impl IntoIterator<Item = Shape>) -> Self {
        let mut part = Self {
            shapes: Vec::new(),
            layers: Vec::new(),
            blend: 0.0,
            bounds: [[f32::MAX; 3], [f32::MIN; 3]],
            rigid: false,
        };
        for shape in shapes {
            let b = shape.bounds();
            part.bounds = [min_each(part.bounds[0], b[0]), max_each(part.bounds[1], b[1])];
            part.shapes.push((Operation::Union, shape, b));
        }
        part
    }

    /// Keeps its shape in the scan while the child around it is bent.
    pub(crate) fn rigid(mut self) -> Self {
        self.rigid = true;
        self
    }

    /// One shape.
    pub(crate) fn one(shape: Shape) -> Self {
        Self::new([shape])
    }

    /// Joins shapes with a fillet of this width, mm.
    pub(crate) fn blend(mut self, width: f32) -> Self {
        self.blend = width;
        self
    }

    /// Takes a shape away.
    pub(crate) fn minus(mut self, shape: Shape) -> Self {
        let b = shape.bounds();
        self.shapes.push((Operation::Subtract, shape, b));
        self
    }

    /// Keeps only what is in the shape too.
    pub(crate) fn and(mut self, shape: Shape) -> Self {
        let b = shape.bounds();
        self.shapes.push((Operation::Intersect, shape, b));
        self
    }

    /// Adds a layer; later layers lie on earlier ones.
    pub(crate) fn layer(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }

    /// A tissue up to the surface.
    pub(crate) fn solid(self, material: Material, set: u32) -> Self {
        self.layer(Layer::solid(0.0, material, set))
    }
}

/// Everything in a scan, in the order of painting.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scene(Vec<Part>);

impl Scene {
    pub(crate) fn add(&mut self, part: Part) {
        self.0.push(part);
    }
}

/// The pixels of an axial slice: `columns` x `columns`, square.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SliceGrid {
    pub(crate) columns: usize,
    pub(crate) pixel: f32,
    /// Centre of the first pixel.
    pub(crate) origin: [f32; 2],
}

impl SliceGrid {
    /// Centre of the pixel in column `i` and row `j`, in the scan.
    fn point(&self, i: usize, j: usize, z: f32) -> V3 {
        [self.origin[0] + self.pixel * i as f32, self.origin[1] + self.pixel * j as f32, z]
    }
}

/// Memory of one painter, kept from slice to slice.
pub(crate) struct Canvas {
    pub(crate) hu: Vec<f32>,
    pub(crate) label: Vec<u32>,
    points: Vec<V3>,
    distance: Vec<f32>,
}

/// A pixel rectangle, half open.
#[derive(Clone, Copy)]
struct Rect {
    rows: [usize; 2],
    columns: [usize; 2],
}

const FAR: f32 = 1e4;

impl Canvas {
    pub(crate) fn new(grid: SliceGrid) -> Self {
        let n = grid.columns * grid.columns;
        Self { hu: vec![0.0; n], label: vec![0; n], points: vec![[0.0; 3]; n], distance: vec![0.0; n] }
    }

    /// Paints the slice at height `z`.
    pub(crate) fn paint(&mut self, scene: &Scene, grid: SliceGrid, z: f32, warp: &Warp) {
        self.hu.fill(-1000.0);
        self.label.fill(0);
        warp.slice(grid, z, &mut self.points);
        let reach = warp.reach();
        for part in &scene.0 {
            let outermost = part.layers.iter().map(|l| l.below).fold(0.0, f32::max);
            let pad = outermost + 2.0 * grid.pixel + part.blend + reach;
            if z < part.bounds[0][2] - pad || z > part.bounds[1][2] + pad {
                continue;
            }
            if let Some(rect) = rect_of(&part.bounds, grid, pad) {
                self.paint_part(part, grid, z, pad, rect);
            }
        }
    }

    fn paint_part(&mut self, part: &Part, grid: SliceGrid, z: f32, pad: f32, rect: Rect) {
        let n = grid.columns;
        for j in rect.rows[0]..rect.rows[1] {
            self.distance[j * n + rect.columns[0]..j * n + rect.columns[1]].fill(FAR);
        }
        let mut touched = false;
        for (operation, shape, bounds) in &part.shapes {
            let own = match operation {
                Operation::Intersect => Some(rect),
                _ if z < bounds[0][2] - pad || z > bounds[1][2] + pad => None,
                _ => rect_of(bounds, grid, pad).and_then(|r| r.clip(rect)),
            };
            let Some(own) = own else { continue };
            touched |= *operation == Operation::Union;
            let sliced = shape.slice(z);
            for j in own.rows[0]..own.rows[1] {
                let row = j * n + own.columns[0]..j * n + own.columns[1];
                for (i, (d, p)) in (own.columns[0]..).zip(self.distance[row.clone()].iter_mut().zip(&self.points[row]))
                {
                    if *operation != Operation::Union && *d > pad {
                        continue;
                    }
                    let e = sliced.distance(if part.rigid { grid.point(i, j, z) } else { *p });
                    *d = match operation {
                        Operation::Union => soft_min(*d, e, part.blend),
                        Operation::Subtract => d.max(-e),
                        Operation::Intersect => d.max(e),
                    };
                }
            }
        }
        if !touched {
            return;
        }
        for layer in &part.layers {
            let clear = if z >= layer.set_above { layer.clear } else { layer.clear & !layer.set };
            let set = if z >= layer.set_above { layer.set } else { 0 };
            for j in rect.rows[0]..rect.rows[1] {
                for at in j * n + rect.columns[0]..j * n + rect.columns[1] {
                    let depth = self.distance[at] - layer.below;
                    if depth > 0.5 * grid.pixel || (layer.within != 0 && self.label[at] & layer.within == 0) {
                        continue;
                    }
                    if let Some(material) = layer.material {
                        let share = (0.5 - depth / grid.pixel).clamp(0.0, 1.0);
                        self.hu[at] += share * (material.hu(self.points[at]) - self.hu[at]);
                    }
                    if depth < 0.0 {
                        self.label[at] = self.label[at] & !clear | set;
                    }
                }
            }
        }
    }

    /// Whether a pixel is inside the skin.
    pub(crate) fn in_body(&self, at: usize) -> bool {
        self.label[at] & BODY != 0
    }
}

impl Rect {
    fn clip(self, other: Self) -> Option<Self> {
        let rows = [self.rows[0].max(other.rows[0]), self.rows[1].min(other.rows[1])];
        let columns = [self.columns[0].max(other.columns[0]), self.columns[1].min(other.columns[1])];
        (rows[0] < rows[1] && columns[0] < columns[1]).then_some(Self { rows, columns })
    }
}

fn rect_of(bounds: &[V3; 2], grid: SliceGrid, pad: f32) -> Option<Rect> {
    let range = |axis: usize| {
        let low = ((bounds[0][axis] - pad - grid.origin[axis]) / grid.pixel).ceil().clamp(0.0, grid.columns as f32);
        let high = ((bounds[1][axis] + pad - grid.origin[axis]) / grid.pixel).floor() + 1.0;
        [low as usize, high.clamp(0.0, grid.columns as f32) as usize]
    };
    let rect = Rect { rows: range(1), columns: range(0) };
    (rect.rows[0] < rect.rows[1] && rect.columns[0] < rect.columns[1]).then_some(rect)
}

fn soft_min(a: f32, b: f32, width: f32) -> f32 {
    if width <= 0.0 {
        return a.min(b);
    }
    let h = (width - (a - b).abs()).max(0.0) / width;
    a.min(b) - h * h * width * 0.25
}
