//! Any bytes as two label maps and a spacing: every profile gives numbers that make sense together.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ndarray::Array3;
use tmli_core::{MetricOptions, Profile, SpacingMm, StructureMetrics, metrics::compare_label_maps};
use tmli_fuzz::only_uncaught_panics_count;

/// Slices, rows, columns: a row is longer than a word of 64 voxels.
const SHAPE: (usize, usize, usize) = (4, 6, 70);

fuzz_target!(init: only_uncaught_panics_count(), |data: &[u8]| {
    let Some((head, voxels)) = data.split_at_checked(8) else { return };
    // From 0.01 mm to 655 mm.
    let mm = |at: usize| f64::from(u16::from_le_bytes([head[at], head[at + 1]]).max(1)) / 100.0;
    let spacing = SpacingMm::new(mm(0), mm(2), mm(4));
    // Two bits a voxel: outside and three labels. A short input leaves the rest empty.
    let map = |start: usize| {
        Array3::from_shape_fn(SHAPE, |(k, j, i)| {
            let n = start + (k * SHAPE.1 + j) * SHAPE.2 + i;
            voxels.get(n / 4).map_or(0, |byte| byte >> (n % 4 * 2) & 3)
        })
    };
    let (a, b) = (map(0), map(SHAPE.0 * SHAPE.1 * SHAPE.2));
    let profile = Profile::ALL[usize::from(head[6]) % Profile::ALL.len()];
    let percentile = f64::from(head[7] % 100 + 1);
    let options = MetricOptions { profile, percentile, ..MetricOptions::default() };
    let compare = |a: &Array3<u8>, b: &Array3<u8>| {
        let labels = [(1, "1"), (2, "2"), (3, "3")];
        compare_label_maps(a.view(), b.view(), &labels, spacing, &options).expect("one grid, a positive spacing")
    };
    for (forth, back) in compare(&a, &b).iter().zip(compare(&b, &a)) {
        check(&forth.metrics);
        let (forth, back) = (forth.metrics, back.metrics);
        assert!(same(forth.dsc, back.dsc) && same(forth.hd_mm, back.hd_mm), "{forth:?} {back:?}");
        assert!(same(forth.hd95_mm, back.hd95_mm) && same(forth.asd_mm, back.asd_mm), "{forth:?} {back:?}");
    }
    for same in compare(&a, &a).iter().filter(|found| found.metrics.undefined.is_none()) {
        assert!(same.metrics.dsc == 1.0 && same.metrics.hd_mm < 1e-6, "{same:?}");
    }
});

fn same(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-9 * (1.0 + a.abs())
}

fn check(m: &StructureMetrics) {
    if m.undefined.is_some() {
        return;
    }
    let ordered = [m.hd95_mm, m.hd_percentile_mm, m.pooled_percentile_mm, m.asd_mm];
    assert!(ordered.iter().all(|x| (0.0..=m.hd_mm * (1.0 + 1e-9)).contains(x)), "{m:?}");
    assert!((0.0..=1.0).contains(&m.dsc) && (0.0..=1.0 + 1e-9).contains(&m.surface_dice), "{m:?}");
    assert!(m.added_path_length_mm >= 0.0 && m.centre_shift_length_mm().is_finite(), "{m:?}");
}
