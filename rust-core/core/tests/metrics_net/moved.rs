//! Solids and the same solids moved: `cargo xtask bench --compare metrics --solids` gives the same pairs to other tools.

use tmli_core::Mask;

use super::solids::{
    Point,
    Shape::{Ball, Capsule, Cuboid, Cylinder, Shell, Torus},
    Solid, mean_and_percentile95,
};

/// Where the solids are from the middle voxel, in voxels, and by how many mm they are moved.
pub(crate) struct Moves {
    /// Nothing is symmetric about the grid.
    pub(crate) centre: Point,
    pub(crate) by_mm: &'static [Point],
}

/// Twice a little more than two mm, and once more than the thickness of any slice.
pub(crate) const THREE: Moves =
    Moves { centre: [-0.12, 0.41, 0.27], by_mm: &[[1.3, -1.7, 0.8], [-0.4, 0.9, 2.1], [6.2, -2.6, 3.4]] };

/// A solid's mask, that of the same solid moved, and what is true of the solids.
pub(crate) struct Pair {
    pub(crate) group: &'static str,
    pub(crate) name: String,
    pub(crate) reference: Mask,
    pub(crate) prediction: Mask,
    pub(crate) asd_mm: f64,
    pub(crate) hd95_mm: f64,
}

/// True ASD and HD95 of a solid and the same solid moved. Both ways are the same, as the solid looks the same from behind.
fn truth(solid: &Solid, by: Point) -> [f64; 2] {
    let by = solid.along_axes(by);
    let distance = |p: Point| solid.shape.distance(std::array::from_fn(|x| p[x] + by[x])).abs();
    mean_and_percentile95(solid.shape.points().into_iter().map(distance).collect())
}

/// All solids, moved, on a grid of this spacing in mm.
pub(crate) fn pairs(spacing: Point, moves: &Moves) -> Vec<Pair> {
    let shape = spacing.map(|s| (76.0 / s) as usize / 2 * 2);
    let whole = |by: Point| std::array::from_fn(|x| (by[x] / spacing[x]).round() * spacing[x] + 0.0);
    let of = |group, solid: Solid| {
        moves.by_mm.iter().map(move |&by| {
            // Faces along the axes lie between voxels, before and after: else no mask says where they are, as all of a
            // face's voxels are off by the same.
            let upright = group == UPRIGHT;
            let (centre, by) = if upright { ([-0.5; 3], whole(by)) } else { (moves.centre, by) };
            let middle: Point = std::array::from_fn(|x| (shape[x] as f64 / 2.0 + centre[x]) * spacing[x]);
            let mask = |by: Point| solid.mask(shape, spacing, std::array::from_fn(|x| middle[x] + by[x]), 0.0);
            let [asd_mm, hd95_mm] = truth(&solid, by);
            let name = format!("{:?} moved by {by:?}", solid.shape);
            Pair { group, name, reference: mask([0.0; 3]), prediction: mask(by), asd_mm, hd95_mm }
        })
    };
    SOLIDS.into_iter().flat_map(|(group, solid)| of(group, solid)).collect()
}

const UPRIGHT: &str = "upright boxes";

const SOLIDS: [(&str, Solid); 11] = [
    ("spheres", Solid::new(Ball { radius: 13.0 })),
    ("spheres", Solid::new(Ball { radius: 22.0 })),
    ("shells", Solid::new(Shell { inner: 14.0, outer: 22.0 })),
    ("shells", Solid::new(Shell { inner: 11.0, outer: 18.0 })),
    (UPRIGHT, Solid::new(Cuboid { half: [15.0, 14.0, 17.0] })),
    (UPRIGHT, Solid::new(Cuboid { half: [10.0, 18.0, 16.0] })),
    ("turned boxes", Solid::turned(Cuboid { half: [11.0, 19.0, 15.0] }, 0.75, 0.55)),
    ("turned boxes", Solid::turned(Cuboid { half: [17.0, 14.0, 20.0] }, 0.4, 1.0)),
    ("turned capsule, cylinder, torus", Solid::turned(Capsule { half_length: 12.0, radius: 11.0 }, 0.7, 0.4)),
    ("turned capsule, cylinder, torus", Solid::turned(Cylinder { half_length: 14.0, radius: 11.0 }, 0.9, 0.2)),
    ("turned capsule, cylinder, torus", Solid::turned(Torus { radius: 15.0, tube: 7.0 }, 0.8, 0.5)),
];
