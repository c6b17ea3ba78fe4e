//! Margins are what their definition says, voxel by voxel, on any grid.

use proptest::prelude::*;
use tmli_core::{
    MarginError, MarginMm, Mask, PointLps, PtvRequest, SpacingMm, VolumeGeometry, expand, margin::MAX_MARGIN_MM, ptv,
    shrink,
};

/// Whether the offset `to - from` lies within the margin; lengths may miss by 0.1 micrometres.
fn within(geometry: &VolumeGeometry, from: [usize; 3], to: [usize; 3], m: MarginMm) -> bool {
    let point = |kji: [usize; 3]| geometry.point_from_index(kji.map(|x| x as f64)).0;
    let (a, b) = (point(from), point(to));
    let sides = [(m.right, m.left), (m.anterior, m.posterior), (m.inferior, m.superior)];
    let parts = (0..3).map(|x| {
        let d = b[x] - a[x];
        let half_axis = if d < 0.0 { sides[x].0 } else { sides[x].1 };
        let beyond = (d.abs() - 1e-4).max(0.0);
        if beyond == 0.0 { 0.0 } else { (beyond / half_axis.max(1e-4)).powi(2) }
    });
    parts.sum::<f64>() <= 1.0
}

fn voxels(shape: [usize; 3]) -> impl Iterator<Item = [usize; 3]> {
    (0..shape.iter().product()).map(move |n| [n / (shape[1] * shape[2]), n / shape[2] % shape[1], n % shape[2]])
}

fn set(mask: &Mask) -> Vec<[usize; 3]> {
    voxels(mask.shape()).filter(|&v| mask.get(v)).collect()
}

fn expanded_by_force(mask: &Mask, geometry: &VolumeGeometry, margin: MarginMm) -> Mask {
    let inside = set(mask);
    Mask::from_fn(mask.shape(), |to| inside.iter().any(|&from| within(geometry, from, to, margin)))
}

fn shrunk_by_force(mask: &Mask, geometry: &VolumeGeometry, margin: MarginMm) -> Mask {
    let outside: Vec<_> = voxels(mask.shape()).filter(|&v| !mask.get(v)).collect();
    // The left surface moves right by `left`: from a voxel outside, towards the right.
    let inwards = MarginMm {
        left: margin.right,
        right: margin.left,
        anterior: margin.posterior,
        posterior: margin.anterior,
        superior: margin.inferior,
        inferior: margin.superior,
    };
    Mask::from_fn(mask.shape(), |to| mask.get(to) && !outside.iter().any(|&from| within(geometry, from, to, inwards)))
}

/// Turned about x, then y, then z; rows are the axes of the grid. Some are mirrored or swapped.
fn axes() -> impl Strategy<Value = [[f64; 3]; 3]> {
    let turned = (-3.2..3.2_f64, -3.2..3.2_f64, -3.2..3.2_f64).prop_map(|(a, b, c)| {
        let [(sa, ca), (sb, cb), (sc, cc)] = [a, b, c].map(f64::sin_cos);
        [
            [cc * cb, cc * sb * sa - sc * ca, cc * sb * ca + sc * sa],
            [sc * cb, sc * sb * sa + cc * ca, sc * sb * ca - cc * sa],
            [-sb, cb * sa, cb * ca],
        ]
    });
    prop_oneof![
        Just([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]),
        Just([[0.0, 0.0, 1.0], [0.0, -1.0, 0.0], [-1.0, 0.0, 0.0]]),
        Just([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]),
        turned,
    ]
}

fn geometry(shape: [usize; 3]) -> impl Strategy<Value = VolumeGeometry> {
    (axes(), prop_oneof![Just([5.0, 1.0, 1.0]), Just([1.0; 3]), [0.5..5.0_f64, 0.5..3.0_f64, 0.5..3.0_f64]]).prop_map(
        move |(axes, [k, j, i])| {
            VolumeGeometry::new(shape, PointLps::new(-31.0, 12.5, -400.0), SpacingMm::new(k, j, i), axes)
                .expect("a grid")
        },
    )
}

fn margin() -> impl Strategy<Value = MarginMm> {
    let side = || prop_oneof![Just(0.0), Just(2.0), Just(5.0), 0.0..7.0_f64, 7.0..30.0_f64];
    let six = (side(), side(), side(), side(), side(), side());
    six.prop_map(|(left, right, anterior, posterior, superior, inferior)| MarginMm {
        left,
        right,
        anterior,
        posterior,
        superior,
        inferior,
    })
}

const SHAPE: [usize; 3] = [6, 8, 9];

fn sparse() -> impl Strategy<Value = Mask> {
    prop::collection::vec((0..SHAPE[0], 0..SHAPE[1], 0..SHAPE[2]), 0..8).prop_map(|at| {
        let mut mask = Mask::new(SHAPE);
        at.into_iter().for_each(|(k, j, i)| mask.set([k, j, i], true));
        mask
    })
}

fn complement(mask: &Mask) -> Mask {
    Mask::from_fn(mask.shape(), |v| !mask.get(v))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn expanding_equals_brute_force(mask in sparse(), geometry in geometry(SHAPE), margin in margin()) {
        prop_assert_eq!(set(&expand(&mask, &geometry, margin).expect("valid")), set(&expanded_by_force(&mask, &geometry, margin)));
    }

    #[test]
    fn shrinking_equals_brute_force(holes in sparse(), geometry in geometry(SHAPE), margin in margin()) {
        let mask = complement(&holes);
        prop_assert_eq!(set(&shrink(&mask, &geometry, margin).expect("valid")), set(&shrunk_by_force(&mask, &geometry, margin)));
    }

    #[test]
    fn long_rows_are_widened_across_words(
        at in prop::collection::vec(0usize..200, 1..4),
        columns in 129usize..201,
        geometry in geometry([1, 2, 200]),
        margin in margin(),
    ) {
        let shape = [1, 2, columns];
        let geometry = VolumeGeometry::new(shape, geometry.origin(), geometry.spacing_mm(), geometry.axes()).expect("a grid");
        let mut mask = Mask::new(shape);
        at.into_iter().for_each(|i| mask.set([0, i % 2, i % columns], true));
        prop_assert_eq!(set(&expand(&mask, &geometry, margin).expect("valid")), set(&expanded_by_force(&mask, &geometry, margin)));
    }

    #[test]
    fn a_ptv_is_the_union_in_the_body_without_what_is_near(
        (ctv1, ctv2, body, lens) in (sparse(), sparse(), sparse(), sparse()),
        geometry in geometry(SHAPE),
        (m1, m2, distance) in (margin(), margin(), 0.0..6.0_f64),
    ) {
        let body = complement(&body);
        let request = PtvRequest { ctvs: vec![(&ctv1, m1), (&ctv2, m2)], body: Some(&body), crop: vec![(&lens, distance)] };
        let [grown1, grown2] = [(&ctv1, m1), (&ctv2, m2)].map(|(ctv, m)| expanded_by_force(ctv, &geometry, m));
        let near = expanded_by_force(&lens, &geometry, MarginMm::uniform(distance));
        let expected = Mask::from_fn(SHAPE, |v| (grown1.get(v) || grown2.get(v)) && body.get(v) && !near.get(v));
        prop_assert_eq!(set(&ptv(&geometry, &request).expect("valid")), set(&expected));
    }
}

fn axial(shape: [usize; 3], spacing: SpacingMm) -> VolumeGeometry {
    VolumeGeometry::axial(shape, PointLps::new(0.0, 0.0, 0.0), spacing).expect("a grid")
}

fn one_voxel(shape: [usize; 3], at: [usize; 3]) -> Mask {
    Mask::from_fn(shape, |kji| kji == at)
}

#[test]
fn two_mm_on_slices_of_five_mm_grow_in_plane_only() {
    let geometry = axial([3, 9, 9], SpacingMm::new(5.0, 1.0, 1.0));
    let grown = expand(&one_voxel([3, 9, 9], [1, 4, 4]), &geometry, MarginMm::uniform(2.0)).expect("valid");
    assert_eq!(grown.count(), 13);
    assert!(set(&grown).iter().all(|&[k, ..]| k == 1));
}

#[test]
fn each_side_of_the_patient_has_its_own_margin_whatever_the_grids_axes() {
    let margin = MarginMm { left: 1.0, right: 2.0, anterior: 3.0, posterior: 4.0, superior: 5.0, inferior: 6.0 };
    // Head first supine, feet first prone, sagittal.
    let grids = [
        [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]],
        [[0.0, 0.0, -1.0], [0.0, -1.0, 0.0], [1.0, 0.0, 0.0]],
        [[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]],
    ];
    for axes in grids {
        let shape = [17, 17, 17];
        let geometry = VolumeGeometry::new(shape, PointLps::new(9.0, -7.0, 3.0), SpacingMm::new(1.0, 1.0, 1.0), axes)
            .expect("a grid");
        let grown = expand(&one_voxel(shape, [8, 8, 8]), &geometry, margin).expect("valid");
        let centre = geometry.point_from_index([8.0; 3]).0;
        let points: Vec<[f64; 3]> =
            set(&grown).iter().map(|v| geometry.point_from_index(v.map(|x| x as f64)).0).collect();
        let extent = [0, 1, 2].map(|x| {
            let offsets = points.iter().map(|p| p[x] - centre[x]);
            [offsets.clone().fold(f64::MAX, f64::min), offsets.fold(f64::MIN, f64::max)]
        });
        assert_eq!(extent, [[-2.0, 1.0], [-3.0, 4.0], [-6.0, 5.0]], "{axes:?}");
    }
}

#[test]
fn a_margin_of_nothing_changes_nothing() {
    let geometry = axial([4, 5, 70], SpacingMm::new(5.0, 0.9765625, 0.9765625));
    let mask = Mask::from_fn([4, 5, 70], |[k, j, i]| (k + 2 * j + i) % 3 == 0);
    assert_eq!(expand(&mask, &geometry, MarginMm::uniform(0.0)), Ok(mask.clone()));
    assert_eq!(shrink(&mask, &geometry, MarginMm::uniform(0.0)), Ok(mask));
    let empty = Mask::new([4, 5, 70]);
    assert_eq!(expand(&empty, &geometry, MarginMm::uniform(9.0)), Ok(empty));
}

#[test]
fn rounded_direction_cosines_do_not_stop_a_flat_margin() {
    // Six digits, as in a file: the row's end is 0.00002 mm off the patient's axis.
    let axes = [[0.0, 0.0, 1.0], [-0.000001, 1.0, 0.0], [1.0, 0.000001, 0.0]];
    let geometry = VolumeGeometry::new([1, 5, 50], PointLps::new(0.0, 0.0, 0.0), SpacingMm::new(3.0, 1.0, 1.0), axes)
        .expect("a grid");
    let flat = MarginMm { left: 20.0, right: 20.0, ..MarginMm::uniform(0.0) };
    let grown = expand(&one_voxel([1, 5, 50], [0, 2, 25]), &geometry, flat).expect("valid");
    assert_eq!((grown.count(), grown.bounds().map(|b| [b.min[1], b.max[1]])), (41, Some([2, 3])));
}

#[test]
fn a_sphere_at_the_border_of_the_scan_is_cut_off_and_a_body_that_goes_on_there_is_not_shrunk() {
    let geometry = axial([5, 5, 5], SpacingMm::new(1.0, 1.0, 1.0));
    let grown = expand(&one_voxel([5, 5, 5], [0, 0, 0]), &geometry, MarginMm::uniform(1.0)).expect("valid");
    assert_eq!(set(&grown), [[0, 0, 0], [0, 0, 1], [0, 1, 0], [1, 0, 0]]);
    let all = Mask::from_fn([5, 5, 5], |_| true);
    assert_eq!(shrink(&all, &geometry, MarginMm::uniform(2.0)), Ok(all));
}

#[test]
fn nonsense_is_refused_with_the_direction_and_the_value() {
    let geometry = axial([2, 2, 2], SpacingMm::new(1.0, 1.0, 1.0));
    let mask = Mask::new([2, 2, 2]);
    for wrong in [-1.0, f64::NAN, f64::INFINITY, MAX_MARGIN_MM + 1.0] {
        let margin = MarginMm { posterior: wrong, ..MarginMm::uniform(3.0) };
        for result in [expand(&mask, &geometry, margin), shrink(&mask, &geometry, margin)] {
            let error = result.expect_err("refused").to_string();
            assert!(error.contains("posterior") && error.contains(&wrong.to_string()), "{error}");
        }
    }
    let other = Mask::new([2, 2, 3]);
    let wrong_shape = MarginError::Shape { mask: [2, 2, 3], geometry: [2, 2, 2] };
    assert_eq!(expand(&other, &geometry, MarginMm::uniform(1.0)), Err(wrong_shape.clone()));
    assert_eq!(ptv(&geometry, &PtvRequest::default()), Err(MarginError::NoCtv));
    let request = PtvRequest { ctvs: vec![(&mask, MarginMm::uniform(1.0))], body: Some(&other), crop: vec![] };
    assert_eq!(ptv(&geometry, &request), Err(wrong_shape));
}
