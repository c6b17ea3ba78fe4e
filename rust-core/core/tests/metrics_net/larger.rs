//! Solids and larger ones around the same middle.

use rayon::prelude::*;
use tmli_core::{Profile, SpacingMm, compare_masks_with};

use super::{
    Errors, of,
    solids::{
        Point, Shape,
        Shape::{Ball, Capsule, Cuboid, Cylinder, Shell, Torus},
        Solid, mean_and_percentile95,
    },
};

/// What the larger solid's edges are like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edges {
    /// As those of the smaller one: a larger box is a box.
    Sharp,
    /// All that is within the growth of the smaller one: true ASD and HD95 are the growth.
    Round,
}

pub(crate) struct Case {
    name: &'static str,
    solid: Solid,
    /// Where the solid's middle is from the middle voxel, in voxels.
    centre: Point,
    growths_mm: Vec<f64>,
}

impl Case {
    /// Nothing is symmetric about the grid.
    fn new(name: &'static str, solid: Solid) -> Self {
        Self { name, solid, centre: [0.31, 0.17, -0.23], growths_mm: vec![0.7, 1.6, 2.5, 4.0] }
    }

    /// Turned solids with this centre.
    fn turned_at(centre: Point) -> impl Fn(&'static str, Shape, f64, f64) -> Self {
        move |name, shape, a, b| Self { centre, ..Self::new(name, Solid::turned(shape, a, b)) }
    }

    /// Faces lie between voxels, before and after: else no mask says where they are, as all of a face's voxels are off
    /// by the same.
    fn upright(name: &'static str, half: Point, spacing: Point) -> Self {
        let growths_mm = [1.0, 2.0, 3.0, 4.0, 5.0].into_iter().filter(|by| by % spacing[0] == 0.0).collect();
        Self { name, solid: Solid::new(Cuboid { half }), centre: [-0.5; 3], growths_mm }
    }
}

/// The solids on which the constants of relaxing were chosen.
pub(crate) fn cases(spacing: Point) -> Vec<Case> {
    let turned_box = |half, a, b| Solid::turned(Cuboid { half }, a, b);
    vec![
        Case::new("sphere of 12 mm", Solid::new(Ball { radius: 12.0 })),
        Case::new("sphere of 20 mm", Solid::new(Ball { radius: 20.0 })),
        Case::new("shell", Solid::new(Shell { inner: 16.0, outer: 24.0 })),
        Case::new("turned box", turned_box([14.0, 17.0, 12.0], 0.5, 0.3)),
        Case::new("another turned box", turned_box([18.0, 12.0, 15.0], 1.1, 0.8)),
        Case::new("capsule", Solid::new(Capsule { half_length: 10.0, radius: 12.0 })),
        Case::new("turned capsule", Solid::turned(Capsule { half_length: 12.0, radius: 11.0 }, 0.7, 0.4)),
        Case::upright("upright box", [15.0, 14.0, 17.0], spacing),
        Case::upright("upright cube", [20.0; 3], spacing),
    ]
}

/// Solids that were not looked at while those constants were chosen. Those of patches were chosen on all of them.
pub(crate) fn held_out(spacing: Point) -> Vec<Case> {
    let elsewhere = Case::turned_at([-0.12, 0.41, 0.27]);
    vec![
        elsewhere("sphere of 9 mm", Ball { radius: 9.0 }, 0.0, 0.0),
        elsewhere("sphere of 16 mm", Ball { radius: 16.0 }, 0.0, 0.0),
        elsewhere("thinner shell", Shell { inner: 11.5, outer: 18.5 }, 0.0, 0.0),
        elsewhere("cylinder", Cylinder { half_length: 14.0, radius: 11.0 }, 0.9, 0.2),
        elsewhere("disc", Cylinder { half_length: 9.0, radius: 17.0 }, 0.35, 0.6),
        elsewhere("torus", Torus { radius: 15.0, tube: 7.0 }, 0.8, 0.5),
        elsewhere("third turned box", Cuboid { half: [11.0, 19.0, 15.0] }, 0.75, 0.55),
        elsewhere("slightly turned box", Cuboid { half: [16.0, 13.0, 13.0] }, 0.2, 1.2),
        Case::upright("another upright box", [10.0, 18.0, 16.0], spacing),
    ]
}

/// Solids that were drawn when those of patches were chosen, and looked at while those of edges were.
pub(crate) fn later() -> Vec<Case> {
    let elsewhere = Case::turned_at([0.23, -0.37, 0.11]);
    vec![
        elsewhere("sphere of 14.3 mm", Ball { radius: 14.3 }, 0.0, 0.0),
        elsewhere("sphere of 10.6 mm", Ball { radius: 10.6 }, 0.0, 0.0),
        elsewhere("shell of 13 and 21 mm", Shell { inner: 13.0, outer: 21.0 }, 0.0, 0.0),
        elsewhere("box turned later", Cuboid { half: [13.0, 16.0, 19.0] }, 0.95, 0.35),
        elsewhere("another box turned later", Cuboid { half: [17.0, 11.0, 14.0] }, 0.6, 0.9),
        elsewhere("capsule turned later", Capsule { half_length: 9.0, radius: 13.0 }, 1.2, 0.6),
        elsewhere("cylinder turned later", Cylinder { half_length: 12.0, radius: 14.0 }, 0.5, 0.8),
        elsewhere("torus turned later", Torus { radius: 16.0, tube: 8.0 }, 0.3, 1.1),
    ]
}

/// Solids that were drawn, by a random number each, when all constants were chosen.
pub(crate) fn last() -> Vec<Case> {
    let elsewhere = Case::turned_at([-0.48, 0.17, -0.34]);
    vec![
        elsewhere("sphere of 21.5 mm", Ball { radius: 21.5 }, 0.0, 0.0),
        elsewhere("sphere of 14.1 mm", Ball { radius: 14.1 }, 0.0, 0.0),
        elsewhere("shell of 13.3 and 21.8 mm", Shell { inner: 13.3, outer: 21.8 }, 0.0, 0.0),
        elsewhere("box turned last", Cuboid { half: [11.9, 10.3, 14.8] }, 0.17, 0.61),
        elsewhere("another box turned last", Cuboid { half: [15.2, 17.9, 16.4] }, 0.67, 0.11),
        elsewhere("third box turned last", Cuboid { half: [15.6, 17.8, 19.3] }, 0.92, 0.11),
        elsewhere("capsule turned last", Capsule { half_length: 11.0, radius: 11.0 }, 0.13, 0.69),
        elsewhere("cylinder turned last", Cylinder { half_length: 15.9, radius: 10.0 }, 0.76, 0.84),
        elsewhere("another cylinder turned last", Cylinder { half_length: 12.6, radius: 14.8 }, 1.16, 0.89),
        elsewhere("torus turned last", Torus { radius: 16.9, tube: 7.4 }, 0.69, 0.91),
    ]
}

/// A solid with all faces farther out: edges stay sharp.
fn larger(solid: &Solid, by: f64) -> Solid {
    let shape = match solid.shape {
        Ball { radius } => Ball { radius: radius + by },
        Shell { inner, outer } => Shell { inner: inner - by, outer: outer + by },
        Cuboid { half } => Cuboid { half: half.map(|x| x + by) },
        Capsule { half_length, radius } => Capsule { half_length, radius: radius + by },
        Cylinder { half_length, radius } => Cylinder { half_length: half_length + by, radius: radius + by },
        Torus { radius, tube } => Torus { radius, tube: tube + by },
    };
    Solid { shape, ..*solid }
}

/// True ASD and HD95 of two shapes around the same middle.
fn truth(smaller: &Shape, larger: &Shape) -> [f64; 2] {
    let ways = |from: &Shape, to: &Shape| from.points().into_iter().map(|p| to.distance(p).abs()).collect::<Vec<_>>();
    let [forth, back] = [ways(smaller, larger), ways(larger, smaller)];
    let [asd_mm, _] = mean_and_percentile95([forth.clone(), back.clone()].concat());
    let [[_, forth_mm], [_, back_mm]] = [forth, back].map(mean_and_percentile95);
    [asd_mm, forth_mm.max(back_mm)]
}

/// Errors of each solid.
pub(crate) fn errors(cases: Vec<Case>, edges: Edges, profile: Profile, spacing: SpacingMm) -> Errors {
    let s = spacing.to_array();
    let shape = s.map(|s| (68.0 / s) as usize / 2 * 2);
    let of_case = |Case { name, solid, centre, growths_mm }: Case| {
        let middle: Point = std::array::from_fn(|x| (shape[x] as f64 / 2.0 + centre[x]) * s[x]);
        let reference = solid.mask(shape, s, middle, 0.0);
        let error = |by: f64| {
            let (prediction, [asd_mm, hd95_mm]) = match edges {
                Edges::Round => (solid.mask(shape, s, middle, by), [by, by]),
                Edges::Sharp => {
                    let larger = larger(&solid, by);
                    (larger.mask(shape, s, middle, 0.0), truth(&solid.shape, &larger.shape))
                }
            };
            let m = compare_masks_with(&reference, &prediction, spacing, &of(profile)).expect("one grid");
            [m.asd_mm - asd_mm, m.hd95_mm - hd95_mm]
        };
        (name, growths_mm.into_par_iter().map(error).collect())
    };
    cases.into_iter().map(of_case).collect()
}
