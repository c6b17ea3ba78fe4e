//! What holds for every phantom: anatomy, order, volumes by age, determinism.

use std::sync::OnceLock;

use tmli_core::{Mask, VolumeGeometry};
use tmli_phantom::{Matrix, Phantom, PhantomOptions, generate};

const NAMES: [&str; 25] = [
    "Brain",
    "Brainstem",
    "Cavity_Oral",
    "Lungs",
    "Heart",
    "Liver",
    "Stomach",
    "Bladder",
    "Eye_L",
    "Eye_R",
    "Lens_L",
    "Lens_R",
    "Parotid_L",
    "Parotid_R",
    "Kidney_L",
    "Kidney_R",
    "Glnd_Thyroid",
    "Esophagus",
    "Bowel_Small",
    "Colon",
    "Bag_Bowel",
    "Rectum",
    "CTV1",
    "CTV2",
    "CTV3",
];

fn child(seed: u64, case: u32, age: f64, matrix: Matrix) -> Phantom {
    generate(&PhantomOptions { seed, case, age_years: Some(age), matrix })
}

fn mask<'a>(child: &'a Phantom, name: &str) -> &'a Mask {
    child.segmentation.mask(name).unwrap_or_else(|| panic!("{name} is there"))
}

fn ml(child: &Phantom, name: &str) -> f64 {
    mask(child, name).count() as f64 * child.ct.geometry().voxel_volume_mm3() / 1000.0
}

fn voxels(mask: &Mask) -> impl Iterator<Item = [usize; 3]> + '_ {
    let b = mask.bounds().map_or(([0; 3], [0; 3]), |b| (b.min, b.max));
    (b.0[0]..b.1[0]).flat_map(move |k| {
        (b.0[1]..b.1[1]).flat_map(move |j| (b.0[2]..b.1[2]).map(move |i| [k, j, i])).filter(|&kji| mask.get(kji))
    })
}

/// Mean position, LPS mm.
fn middle(mask: &Mask, geometry: &VolumeGeometry) -> [f64; 3] {
    let mut sum = [0.0; 3];
    let mut count = 0.0;
    for kji in voxels(mask) {
        let p = geometry.point_from_index(kji.map(|x| x as f64)).0;
        sum = std::array::from_fn(|x| sum[x] + p[x]);
        count += 1.0;
    }
    sum.map(|x| x / count)
}

/// A few children of every age, on the quick grid.
fn cohort() -> &'static [Phantom] {
    static COHORT: OnceLock<Vec<Phantom>> = OnceLock::new();
    COHORT.get_or_init(|| {
        [2.0, 3.5, 5.0, 7.0, 9.0, 11.0, 13.0, 15.0, 17.0]
            .into_iter()
            .enumerate()
            .map(|(n, age)| child(11 + n as u64, n as u32, age, Matrix::M128))
            .collect()
    })
}

#[test]
fn the_same_options_make_the_same_child() {
    let options = PhantomOptions { seed: 5, case: 3, age_years: None, matrix: Matrix::M128 };
    let (a, b) = (generate(&options), generate(&options));
    assert_eq!(a.ct, b.ct);
    assert_eq!(a.segmentation, b.segmentation);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let make = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| child(6, 1, 4.0, Matrix::M128))
    };
    let (one, three) = (make(1), make(3));
    assert_eq!(one.ct, three.ct);
    assert_eq!(one.segmentation, three.segmentation);
}

#[test]
fn another_case_or_seed_is_another_child() {
    let first = child(5, 0, 6.0, Matrix::M128);
    for other in [child(5, 1, 6.0, Matrix::M128), child(6, 0, 6.0, Matrix::M128)] {
        assert_ne!(first.height_cm, other.height_cm);
        assert_ne!(first.ct, other.ct);
    }
}

#[test]
fn a_child_is_the_same_on_every_matrix() {
    let children = [Matrix::M128, Matrix::M256, Matrix::M512].map(|matrix| child(8, 2, 3.0, matrix));
    for other in &children {
        assert_eq!(other.height_cm, children[0].height_cm);
        let columns = other.ct.geometry().shape()[2];
        assert!((columns as f64 * other.ct.geometry().spacing_mm().i - 500.0).abs() < 1e-9);
        for name in ["Brain", "Lungs", "Liver", "CTV1"] {
            let ratio = ml(other, name) / ml(&children[2], name);
            assert!((0.97..1.03).contains(&ratio), "{name} at {columns}: {ratio}");
        }
        for segment in &other.segmentation.segments {
            assert!(!segment.mask.is_empty(), "{} at {columns}", segment.name);
        }
    }
}

#[test]
fn every_structure_is_there_at_every_age() {
    for child in cohort() {
        let names: Vec<&str> = child.segmentation.segments.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, NAMES);
        for segment in &child.segmentation.segments {
            assert!(!segment.mask.is_empty(), "{} at {} years", segment.name, child.age_years);
        }
    }
}

#[test]
fn lenses_lie_in_their_eyes_and_take_one_to_three_slices() {
    for (seed, matrix) in
        [(1, Matrix::M128), (2, Matrix::M256), (3, Matrix::M128), (4, Matrix::M256), (5, Matrix::M512)]
    {
        let child = child(seed, 0, 2.0 + 3.5 * (seed as f64 - 1.0), matrix);
        for side in ["L", "R"] {
            let (lens, eye) = (mask(&child, &format!("Lens_{side}")), mask(&child, &format!("Eye_{side}")));
            assert_eq!(lens.count_and(eye), lens.count());
            let bounds = lens.bounds().expect("a lens");
            assert!((1..=3).contains(&(bounds.max[0] - bounds.min[0])), "{bounds:?}");
            assert!(
                middle(lens, child.ct.geometry())[1] < middle(eye, child.ct.geometry())[1] - 2.0,
                "the lens is in front"
            );
        }
    }
}

#[test]
fn left_is_at_larger_x_than_right_and_organs_keep_their_side() {
    for child in cohort() {
        let at = |name: &str| middle(mask(child, name), child.ct.geometry());
        for pair in ["Eye", "Lens", "Parotid", "Kidney"] {
            assert!(at(&format!("{pair}_L"))[0] > at(&format!("{pair}_R"))[0] + 15.0, "{pair}");
        }
        let spine = at("Brainstem")[0];
        assert!(at("Liver")[0] < spine - 8.0, "liver on the right");
        assert!(at("Stomach")[0] > spine + 4.0, "stomach on the left");
        assert!(at("Heart")[0] > spine, "heart to the left");
    }
}

#[test]
fn from_head_to_knee_organs_follow_each_other() {
    for child in cohort() {
        let order = ["Brain", "Eye_L", "Cavity_Oral", "Glnd_Thyroid", "Lungs", "Liver", "Bowel_Small", "Bladder"];
        let z = order.map(|name| middle(mask(child, name), child.ct.geometry())[2]);
        for (pair, names) in z.windows(2).zip(order.windows(2)) {
            assert!(pair[0] > pair[1], "{names:?} at {} years: {pair:?}", child.age_years);
        }
    }
}

#[test]
fn the_bag_holds_the_bowels() {
    for child in cohort() {
        let bag = mask(child, "Bag_Bowel");
        for name in ["Bowel_Small", "Colon"] {
            assert_eq!(mask(child, name).count_and(bag), mask(child, name).count(), "{name}");
        }
        assert!(ml(child, "Bag_Bowel") > ml(child, "Bowel_Small") + ml(child, "Colon"));
    }
}

#[test]
fn targets_stop_above_the_knees_and_share_no_marrow() {
    for child in cohort() {
        let geometry = child.ct.geometry();
        let bottom = geometry.origin().0[2];
        assert!(bottom < child.knee_z_mm - 40.0, "the scan goes on below the knees");
        for name in ["CTV1", "CTV2", "CTV3"] {
            let lowest = mask(child, name).bounds().expect("a target").min[0];
            let z = geometry.point_from_index([lowest as f64, 0.0, 0.0]).0[2];
            assert!(z > child.knee_z_mm, "{name} reaches {z}, the knees are at {}", child.knee_z_mm);
        }
        assert_eq!(mask(child, "CTV1").count_and(mask(child, "CTV2")), 0);
        assert_eq!(mask(child, "CTV1").count_and(mask(child, "CTV3")), 0);
    }
}

#[test]
fn tissues_have_their_density() {
    for child in cohort() {
        let mean = |name: &str| {
            let values: Vec<f64> = voxels(mask(child, name)).map(|kji| f64::from(child.ct.data()[kji])).collect();
            values.iter().sum::<f64>() / values.len() as f64
        };
        assert!((-900.0..-600.0).contains(&mean("Lungs")), "lungs {}", mean("Lungs"));
        assert!((20.0..60.0).contains(&mean("Brain")), "brain {}", mean("Brain"));
        assert!((30.0..160.0).contains(&mean("Liver")), "liver {}", mean("Liver"));
        assert!(mean("CTV1") > 200.0, "marrow and bone {}", mean("CTV1"));
        assert!(mean("Lens_L") > 25.0, "lens {}", mean("Lens_L"));
        assert!(child.ct.data().iter().all(|hu| (-1024..=3071).contains(hu)));
    }
}

/// Ranges are wide, as published ones are: brain from growth studies by magnetic resonance; liver, spleen and kidneys
/// from ultrasound and CT series of children; lungs from CT in quiet breathing; eyes and lenses from biometry, the lens
/// as it is contoured for radiotherapy; thyroid from the World Health Organization's ultrasound references, with room
/// for the isthmus.
#[test]
fn volumes_are_those_of_children_of_that_age() {
    // Name, then (lowest, highest) in ml at 2, 7 and 17 years; straight lines between.
    let table: [(&str, [(f64, f64); 3]); 14] = [
        ("Brain", [(700.0, 1300.0), (900.0, 1600.0), (1000.0, 1700.0)]),
        ("Brainstem", [(9.0, 28.0), (12.0, 32.0), (15.0, 40.0)]),
        ("Lungs", [(250.0, 900.0), (600.0, 2200.0), (1500.0, 5500.0)]),
        ("Heart", [(70.0, 220.0), (120.0, 400.0), (350.0, 950.0)]),
        ("Liver", [(220.0, 600.0), (400.0, 1100.0), (800.0, 2200.0)]),
        ("Stomach", [(20.0, 200.0), (50.0, 450.0), (120.0, 900.0)]),
        ("Bladder", [(3.0, 180.0), (5.0, 350.0), (10.0, 600.0)]),
        ("Eye_L", [(3.5, 7.5), (4.5, 8.5), (4.8, 8.8)]),
        ("Eye_R", [(3.5, 7.5), (4.5, 8.5), (4.8, 8.8)]),
        ("Lens_L", [(0.06, 0.45), (0.06, 0.45), (0.06, 0.45)]),
        ("Kidney_L", [(22.0, 75.0), (40.0, 120.0), (85.0, 240.0)]),
        ("Kidney_R", [(22.0, 75.0), (40.0, 120.0), (85.0, 240.0)]),
        ("Glnd_Thyroid", [(1.0, 4.0), (2.0, 8.5), (6.0, 20.0)]),
        ("Esophagus", [(5.0, 25.0), (9.0, 45.0), (20.0, 100.0)]),
    ];
    for child in cohort() {
        let age = child.age_years;
        let (n, t) = if age < 7.0 { (0, (age - 2.0) / 5.0) } else { (1, (age - 7.0) / 10.0) };
        for (name, ranges) in &table {
            let ((a0, a1), (b0, b1)) = (ranges[n], ranges[n + 1]);
            let (low, high) = (a0 + (b0 - a0) * t, a1 + (b1 - a1) * t);
            let volume = ml(child, name);
            assert!(
                (low..=high).contains(&volume),
                "{name} at {age} years: {volume:.2} ml, expected {low:.2} to {high:.2}"
            );
        }
    }
}

#[test]
fn an_age_that_is_none_is_replaced_or_limited() {
    let options = PhantomOptions { seed: 1, case: 1, age_years: Some(f64::NAN), matrix: Matrix::M128 };
    assert!((2.0..=17.0).contains(&generate(&options).age_years));
    assert_eq!(child(1, 1, 40.0, Matrix::M128).age_years, 17.0);
}

#[test]
fn the_body_found_in_the_ct_is_the_body() {
    for (seed, age) in [(3, 2.5), (4, 8.0), (5, 16.0)] {
        let child = child(seed, 1, age, Matrix::M256);
        let found = tmli_core::body_mask(child.ct.data().view(), child.ct.geometry()).expect("a body");
        let dice = 2.0 * found.count_and(&child.body) as f64 / (found.count() + child.body.count()) as f64;
        // Half a voxel of skin has more air than tissue; ears and fingers are thin.
        assert!(dice > 0.98, "age {age}: DSC {dice}");
        // Cushion, couch and mask are not in it.
        assert!((found.count() as f64) < 1.005 * child.body.count() as f64, "age {age}: {}", found.count());
        for name in ["Brain", "Lungs", "Heart", "CTV1", "CTV2", "CTV3"] {
            let mut under_skin = mask(&child, name).clone();
            under_skin.intersect_with(&child.body);
            let lost = under_skin.count() - under_skin.count_and(&found);
            assert!(lost <= under_skin.count() / 1000, "age {age}: {lost} of {} voxels of {name}", under_skin.count());
        }
    }
}
