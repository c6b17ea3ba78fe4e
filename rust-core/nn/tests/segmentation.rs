//! Whole runs over synthetic volumes, with models from folders.

mod common;

use std::ops::ControlFlow;

use common::{ct, ct_with_spacing, patient, thresholds, through_2d, through_3d};
use ndarray::Array3;
use tch::{Device, Kind, Tensor};
use tmli_core::{Mask, PointLps, Segmentation, SpacingMm, Volume, VolumeGeometry, VoxelBox};
use tmli_nn::{
    Manifest, Model, ModelError, Network, NetworkConfig, NnError, SegmentOptions, SegmentStatistics, segment,
    segment_with,
};

fn model(config: NetworkConfig, hu: &[f32], spacing_mm: [f64; 3], patch: [usize; 3]) -> Model {
    let parent = tempfile::tempdir().expect("a folder");
    let dir = parent.path().join("model");
    thresholds(&dir, config, hu, spacing_mm, patch);
    Model::load(&dir, Device::Cpu).expect("it loads")
}

fn run(model: &Model, ct: &Volume<i16>) -> (Segmentation, SegmentStatistics) {
    let go = &mut |_| ControlFlow::Continue(());
    segment_with(model.network(), model.manifest(), Device::Cpu, ct, &SegmentOptions::default(), go).expect("masks")
}

fn above(ct: &Volume<i16>, hu: f32) -> Mask {
    let (k, j, i) = ct.data().dim();
    Mask::from_fn([k, j, i], |at| f32::from(ct.data()[at]) > hu)
}

fn dice(a: &Mask, b: &Mask) -> f64 {
    2.0 * a.count_and(b) as f64 / (a.count() + b.count()) as f64
}

#[test]
fn a_2d_network_that_thresholds_segments_exactly() {
    let ct = ct([7, 90, 130], |at| patient(at, [90, 130]));
    let (found, _) = run(&model(through_2d(2), &[100.5, 30.5], [5.0, 1.0, 1.0], [1, 48, 48]), &ct);
    assert_eq!(found.geometry, *ct.geometry());
    assert_eq!(found.segments[0].name, "above 100.5");
    assert_eq!(found.segments[0].mask, above(&ct, 100.5));
    assert_eq!(found.segments[1].mask, above(&ct, 30.5), "structures overlap");
    assert!(found.segments[0].mask.count() > 1000);
}

#[test]
fn a_3d_network_that_thresholds_segments_exactly() {
    for (shape, patch) in [([21, 90, 130], [8, 40, 48]), ([3, 50, 60], [16, 64, 64]), ([20, 64, 64], [20, 64, 64])] {
        let ct = ct(shape, |at| patient(at, [shape[1], shape[2]]));
        let (found, _) = run(&model(through_3d(1), &[100.5], [5.0, 1.0, 1.0], patch), &ct);
        assert_eq!(found.segments[0].mask, above(&ct, 100.5), "{shape:?} in windows of {patch:?}");
        assert!(!found.segments[0].mask.is_empty());
    }
}

#[test]
fn another_spacing_moves_no_border_by_more_than_a_voxel() {
    let ct = ct_with_spacing([24, 180, 200], [3.0, 0.8, 0.8], |at| patient(at, [180, 200]));
    for (config, patch) in [(through_2d(1), [1, 64, 64]), (through_3d(1), [8, 64, 64])] {
        for spacing in [[5.0, 1.6, 1.6], [3.0, 0.8, 0.8], [2.0, 0.7, 0.9]] {
            let (found, _) = run(&model(config.clone(), &[95.0], spacing, patch), &ct);
            let agreement = dice(&found.segments[0].mask, &above(&ct, 95.0));
            assert!(agreement > 0.97, "{} at {spacing:?} mm: DSC {agreement}", config.kind());
        }
    }
}

#[test]
fn a_long_scan_holds_no_more_than_a_short_one() {
    for (config, patch) in [(through_2d(3), [1, 64, 64]), (through_3d(3), [8, 64, 64])] {
        let model = model(config, &[100.5, 30.5, -500.5], [4.0, 2.0, 2.0], patch);
        let peak = |slices: usize| {
            let ct = ct([slices, 100, 110], |at| patient(at, [100, 110]));
            run(&model, &ct).1.peak_buffer_bytes
        };
        let (short, long) = (peak(90), peak(450));
        assert!(short > 0);
        assert_eq!(short, long, "bytes held");
    }
}

#[test]
fn a_region_gets_the_masks_of_the_whole_for_a_part_of_the_windows() {
    let whole = [24, 180, 200];
    let ct = ct_with_spacing(whole, [3.0, 0.8, 0.8], |at| patient(at, [180, 200]));
    for (config, patch, spacing) in [
        (through_2d(2), [1, 48, 48], [3.0, 0.8, 0.8]),
        (through_2d(2), [1, 32, 32], [5.0, 1.6, 1.7]),
        (through_3d(2), [8, 32, 48], [3.0, 0.8, 0.8]),
        (through_3d(2), [4, 32, 32], [2.0, 1.1, 1.9]),
    ] {
        let model = model(config, &[95.0, 30.0], spacing, patch);
        let (all, of_all) = run(&model, &ct);
        let outside = VoxelBox { min: [0, 0, 0], max: [1, 1, 1] };
        for region in [
            VoxelBox { min: [9, 60, 90], max: [13, 100, 150] },
            VoxelBox { min: [20, 0, 0], max: [24, 180, 200] },
            VoxelBox { min: [0, 90, 120], max: [24, 91, 121] },
            outside,
        ] {
            let options = SegmentOptions { region: Some(region), ..SegmentOptions::default() };
            let go = &mut |_| ControlFlow::Continue(());
            let (part, of_part) =
                segment_with(model.network(), model.manifest(), Device::Cpu, &ct, &options, go).expect("masks");
            let inside = Mask::from_fn(whole, |at| (0..3).all(|a| at[a] >= region.min[a] && at[a] < region.max[a]));
            for (expected, found) in all.segments.iter().zip(&part.segments) {
                let mut expected = expected.mask.clone();
                expected.intersect_with(&inside);
                assert_eq!(found.mask, expected, "{region:?} with {patch:?} at {spacing:?} mm");
                assert_eq!(found.mask.is_empty(), region == outside, "{region:?}");
            }
            assert!(of_part.windows * 2 < of_all.windows, "{of_part:?} of {of_all:?}");
        }
    }
}

#[test]
fn windows_of_air_are_skipped() {
    // Two limbs far apart: the windows between them hold nothing.
    let limb = |c: usize, j: usize, i: usize| j.abs_diff(60) < 20 && i.abs_diff(c) < 20;
    let ct = ct([10, 120, 500], |[_, j, i]| if limb(40, j, i) || limb(460, j, i) { 200 } else { -1000 });
    for (config, patch) in [(through_2d(1), [1, 64, 64]), (through_3d(1), [8, 64, 64])] {
        let (found, statistics) = run(&model(config, &[100.5], [5.0, 1.0, 1.0], patch), &ct);
        assert!(statistics.skipped * 2 > statistics.windows, "{statistics:?}");
        assert_eq!(found.segments[0].mask, above(&ct, 100.5));
    }
}

#[test]
fn a_scan_of_air_gives_empty_masks() {
    let ct = ct([5, 40, 40], |_| -1000);
    let (found, statistics) = run(&model(through_3d(2), &[0.5, -2000.0], [5.0, 1.0, 1.0], [8, 32, 32]), &ct);
    assert_eq!(statistics.skipped, statistics.windows);
    assert!(found.segments.iter().all(|s| s.mask.is_empty()));
}

#[test]
fn a_lung_is_not_air() {
    // A window that lies wholly inside a lung is run: it is inside of the body.
    let ct = ct([12, 160, 160], |[_, j, i]| match j.abs_diff(80).max(i.abs_diff(80)) {
        0..60 => -850,
        60..75 => 40,
        _ => -1000,
    });
    // The window of intensities ends at -500 HU: the lung is everything not above it.
    let (found, _) = run(&model(through_3d(1), &[-600.0], [5.0, 1.0, 1.0], [4, 32, 32]), &ct);
    assert!(found.segments[0].mask.get([6, 80, 80]));
}

#[test]
fn progress_starts_at_nothing_and_ends_with_everything() {
    let ct = ct([6, 90, 130], |at| patient(at, [90, 130]));
    let model = model(through_2d(1), &[100.5], [5.0, 1.0, 1.0], [1, 48, 48]);
    let mut seen = Vec::new();
    let mut note = |p: tmli_nn::SegmentProgress| {
        seen.push((p.done, p.total));
        ControlFlow::Continue(())
    };
    let options = SegmentOptions { batch: 4, ..SegmentOptions::default() };
    segment(&model, &ct, &options, &mut note).expect("masks");
    assert_eq!(seen[0].0, 0);
    assert!(seen.is_sorted_by_key(|s| s.0) && seen.len() > 5);
    let (done, total) = seen[seen.len() - 1];
    assert_eq!(done, total);
    assert!(seen.iter().all(|s| s.1 == total));
}

#[test]
fn a_cancelled_run_ends_at_the_next_batch() {
    let ct = ct([40, 90, 130], |at| patient(at, [90, 130]));
    let model = model(through_2d(1), &[100.5], [5.0, 1.0, 1.0], [1, 48, 48]);
    for stop_at in [1, 3] {
        let mut calls = 0;
        let mut stop = |_| {
            calls += 1;
            if calls == stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let options = SegmentOptions { batch: 2, ..SegmentOptions::default() };
        let result = segment(&model, &ct, &options, &mut stop);
        assert!(matches!(result, Err(NnError::Cancelled)), "{result:?}");
        assert_eq!(calls, stop_at, "nothing runs after the answer");
    }
}

#[test]
fn post_processing_keeps_the_largest_piece_where_the_manifest_says_so() {
    let blob = |c: usize, r: usize, j: usize, i: usize| j.abs_diff(45) < r && i.abs_diff(c) < r;
    let ct = ct([4, 90, 160], |[_, j, i]| if blob(40, 12, j, i) || blob(120, 8, j, i) { 200 } else { 0 });
    let parent = tempfile::tempdir().expect("a folder");
    let plain = parent.path().join("plain");
    let mut manifest = thresholds(&plain, through_2d(1), &[100.5], [5.0, 1.0, 1.0], [1, 48, 48]);
    manifest.post_processing.keep_largest.insert("above 100.5".to_owned(), 1);
    let model = Model::load(&plain, Device::Cpu).expect("it loads");
    let go = &mut |_| ControlFlow::Continue(());
    let mut options = SegmentOptions::default();
    let mut count = |options: &SegmentOptions| {
        let result = segment_with(model.network(), &manifest, Device::Cpu, &ct, options, go);
        result.expect("masks").0.segments[0].mask.count()
    };
    let (large, small) = (4 * 23 * 23, 4 * 15 * 15);
    assert_eq!(count(&options), large);
    options.post_process = false;
    assert_eq!(count(&options), large + small);
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let ct = ct([2, 40, 40], |_| 0);
    let model = model(through_2d(1), &[100.5], [5.0, 1.0, 1.0], [1, 32, 32]);
    for (overlap, threshold) in [(1.0, 0.5), (-0.1, 0.5), (f64::NAN, 0.5), (0.5, 0.0), (0.5, f32::NAN)] {
        let options = SegmentOptions { overlap, threshold, ..SegmentOptions::default() };
        let result = segment(&model, &ct, &options, &mut |_| ControlFlow::Continue(()));
        assert!(matches!(result, Err(NnError::Model(ModelError::Setting { .. }))), "{overlap} {threshold}");
    }
}

#[test]
fn a_feet_first_scan_gives_the_same_structures_in_the_same_places() {
    // "Left" is what this network calls everything dense: it only looks at one half of the image, the columns of the
    // patient's left, which a feet-first scan stores in the opposite order.
    let network = LeftHalf;
    let manifest = Manifest::new("left", through_3d(1), [5.0, 1.0, 1.0], [8, 64, 64], vec!["Left".to_owned()]);
    let head_first = VolumeGeometry::axial([8, 64, 64], PointLps::new(0.0, 0.0, 0.0), SpacingMm::new(5.0, 1.0, 1.0));
    let head_first = head_first.expect("a grid");
    let axes = [[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]];
    let feet_first = VolumeGeometry::new([8, 64, 64], PointLps::new(63.0, 0.0, 35.0), head_first.spacing_mm(), axes);
    for geometry in [head_first, feet_first.expect("a grid")] {
        let ct = Volume::new(geometry.clone(), Array3::from_elem((8, 64, 64), 40_i16)).expect("shapes agree");
        let go = &mut |_| ControlFlow::Continue(());
        let options = SegmentOptions::default();
        let (found, _) = segment_with(&network, &manifest, Device::Cpu, &ct, &options, go).expect("masks");
        let left = Mask::from_fn([8, 64, 64], |[k, j, i]| {
            geometry.point_from_index([k as f64, j as f64, i as f64]).0[0] > 31.5
        });
        assert_eq!(found.segments[0].mask, left);
    }
}

struct LeftHalf;

impl Network for LeftHalf {
    fn forward_t(&self, x: &Tensor, _train: bool) -> Result<Tensor, NnError> {
        let columns = Tensor::arange(x.size()[4], (Kind::Float, Device::Cpu)) - 31.5;
        Ok(x.zeros_like() + columns)
    }

    fn dimensions(&self) -> usize {
        3
    }

    fn outputs(&self) -> usize {
        1
    }

    fn size_multiple(&self) -> [i64; 3] {
        [1, 1, 1]
    }
}
