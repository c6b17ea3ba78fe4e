//! Solids and the same solids grown: the true ASD and HD95 are the growth, also at an edge, as what is grown is round there.

use tmli_core::{Profile, SpacingMm, compare_masks_with};

use super::{
    of,
    solids::{
        Point,
        Shape::{Ball, Capsule, Cuboid, Cylinder, Shell, Torus},
        Solid,
    },
};

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

    /// Faces lie between voxels, before and after: else no mask says where they are, as all of a face's voxels are off
    /// by the same.
    fn upright(name: &'static str, half: Point, spacing: Point) -> Self {
        let growths_mm = [1.0, 2.0, 3.0, 4.0, 5.0].into_iter().filter(|by| by % spacing[0] == 0.0).collect();
        Self { name, solid: Solid::new(Cuboid { half }), centre: [-0.5; 3], growths_mm }
    }
}

/// The solids on which the constants of `net` were chosen.
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

/// Solids that were not looked at while those constants were chosen.
pub(crate) fn held_out(spacing: Point) -> Vec<Case> {
    let elsewhere =
        |name, shape, a, b| Case { centre: [-0.12, 0.41, 0.27], ..Case::new(name, Solid::turned(shape, a, b)) };
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

/// Errors of ASD and HD95 in mm: of all pairs of each solid.
pub(crate) fn errors(cases: Vec<Case>, profile: Profile, spacing: SpacingMm) -> Vec<(&'static str, Vec<[f64; 2]>)> {
    let s = spacing.to_array();
    let shape = s.map(|s| (68.0 / s) as usize / 2 * 2);
    let of_case = |Case { name, solid, centre, growths_mm }: Case| {
        let middle: Point = std::array::from_fn(|x| (shape[x] as f64 / 2.0 + centre[x]) * s[x]);
        let grown = |by: f64| solid.mask(shape, s, middle, by);
        let reference = grown(0.0);
        let error = |by: f64| {
            let m = compare_masks_with(&reference, &grown(by), spacing, &of(profile)).expect("one grid");
            [m.asd_mm - by, m.hd95_mm - by]
        };
        (name, growths_mm.into_iter().map(error).collect())
    };
    cases.into_iter().map(of_case).collect()
}
