//! Jobs in a real worker: masks, progress, choices, and errors after which it lives on.

mod common;

use std::{fs, time::Duration};

use common::{LONG, above, ct, engine, request, threshold_model};
use tmli_core::Mask;
use tmli_engine::{Engine, EngineError, EngineOptions, FailureClass, JobState, SegmentRequest, VoxelBox};

#[test]
fn masks_come_back_voxel_for_voxel_with_their_sources() {
    let (folder, engine) = engine();
    let model = folder.path().join("model");
    let manifest = threshold_model(&model, &[100.5, -50.5, 4000.5]);
    let ct = ct([7, 90, 130]);
    let job = engine.segment(request(&ct, &model)).expect("a job");
    let status = job.wait(Some(LONG));
    assert_eq!((status.state, status.fraction), (JobState::Done, 1.0), "{:?}", job.take());
    assert!(status.device.is_some_and(|d| d.starts_with("CPU with ") && d.ends_with("as requested")));
    let result = job.take().expect("masks");
    assert_eq!(result.segmentation.geometry, *ct.geometry());
    for (segment, (hu, name)) in result.segmentation.segments.iter().zip([
        (100.5, "above 100.5"),
        (-50.5, "above -50.5"),
        (4000.5, "above 4000.5"),
    ]) {
        assert_eq!(segment.name, name);
        assert_eq!(segment.mask, above(&ct, hu), "{name}");
    }
    assert!(result.segmentation.segments[0].mask.count() > 1000);
    assert_eq!(result.sources[0].model, "thresholds");
    assert_eq!(result.sources[0].weights_sha256, manifest.weights_sha256);
    assert_eq!(job.take(), Err(EngineError::Taken));
}

#[test]
fn a_structure_comes_from_the_better_model_and_only_those_that_were_asked_for_come() {
    let (folder, engine) = engine();
    let models = ["good", "bad"].map(|name| folder.path().join(name));
    for (model, dsc) in models.iter().zip([0.9, 0.3]) {
        let mut manifest = threshold_model(model, &[100.5, 50.5]);
        manifest.name = format!("model of {dsc}");
        manifest.validation = manifest
            .structures
            .iter()
            .map(|s| tmli_model::StructureScore { structure: s.clone(), dsc, hd95_mm: None, cases: 2 })
            .collect();
        fs::write(model.join("model.json"), serde_json::to_vec(&manifest).expect("JSON")).expect("written");
    }
    let ct = ct([3, 64, 64]);
    let [good, bad] = models;
    let request = SegmentRequest {
        structures: vec!["above 50.5".to_owned()],
        models: vec![bad, good.clone()],
        ..request(&ct, &good)
    };
    let job = engine.segment(request).expect("a job");
    job.wait(Some(LONG));
    let result = job.take().expect("masks");
    assert_eq!(result.segmentation.segments.len(), 1);
    assert_eq!((result.sources[0].model.as_str(), result.sources[0].validation_dsc), ("model of 0.9", Some(0.9)));
    assert!(result.notes.iter().any(|n| n.contains("from model 2 \"model of 0.9\"")), "{:?}", result.notes);
}

#[test]
fn a_region_gets_the_same_masks_as_the_whole() {
    let (folder, engine) = engine();
    let model = folder.path().join("model");
    threshold_model(&model, &[20.5]);
    let ct = ct([9, 100, 150]);
    let region = VoxelBox { min: [3, 20, 60], max: [6, 70, 75] };
    let job = engine.segment(SegmentRequest { region: Some(region), ..request(&ct, &model) }).expect("a job");
    job.wait(Some(LONG));
    let found = job.take().expect("masks").segmentation.segments.remove(0).mask;
    let mut expected = above(&ct, 20.5);
    let inside = |at: [usize; 3]| (0..3).all(|a| at[a] >= region.min[a] && at[a] < region.max[a]);
    expected.intersect_with(&Mask::from_fn(ct.geometry().shape(), inside));
    assert_eq!(found, expected);
    assert!(!found.is_empty());
}

#[test]
fn bad_model_folders_and_unknown_structures_are_errors_and_the_worker_lives_on() {
    let (folder, engine) = engine();
    let good = folder.path().join("good");
    threshold_model(&good, &[10.5]);
    let ct = ct([2, 64, 64]);
    let fails = |request: SegmentRequest| {
        let job = engine.segment(request).expect("a job");
        assert_eq!(job.wait(Some(LONG)).state, JobState::Failed);
        match job.take() {
            Err(EngineError::Job { class, message, hint }) => {
                assert!(!hint.is_empty());
                (class, message)
            }
            other => panic!("{other:?}"),
        }
    };
    let copy = |name: &str| {
        let to = folder.path().join(name);
        threshold_model(&to, &[10.5]);
        to
    };
    let flipped = copy("flipped");
    let mut weights = fs::read(flipped.join("weights.safetensors")).expect("weights");
    *weights.last_mut().expect("bytes") ^= 1;
    fs::write(flipped.join("weights.safetensors"), weights).expect("written");
    let (class, message) = fails(request(&ct, &flipped));
    assert!(class == FailureClass::Model && message.contains("flipped") && message.contains("SHA-256"), "{message}");
    let worker = engine.worker_process_id();
    assert!(worker.is_some());

    let cut = copy("cut");
    fs::write(cut.join("model.json"), "{\"format_version\": 1, \"na").expect("written");
    assert_eq!(fails(request(&ct, &cut)).0, FailureClass::Model);
    assert_eq!(fails(request(&ct, &folder.path().join("not there"))).0, FailureClass::Model);
    let (class, message) = fails(SegmentRequest { structures: vec!["Hart".to_owned()], ..request(&ct, &good) });
    assert!(class == FailureClass::Request && message.contains("Hart") && message.contains("above 10.5"), "{message}");

    let job = engine.segment(request(&ct, &good)).expect("a job");
    assert_eq!(job.wait(Some(LONG)).state, JobState::Done);
    assert_eq!(engine.worker_process_id(), worker, "it is the same worker");
}

#[test]
fn a_model_is_loaded_again_when_its_folder_has_changed() {
    let (folder, engine) = engine();
    let model = folder.path().join("model");
    let ct = ct([2, 64, 64]);
    for hu in [10.5, 60.5] {
        threshold_model(&model, &[hu]);
        for _ in 0..2 {
            let job = engine.segment(request(&ct, &model)).expect("a job");
            job.wait(Some(LONG));
            assert_eq!(job.take().expect("masks").segmentation.segments[0].mask, above(&ct, hu));
        }
    }
}

#[test]
fn models_beyond_the_limit_are_let_go_and_still_give_their_masks() {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = Engine::new(EngineOptions {
        worker: Some(common::worker()),
        log_folder: Some(folder.path().join("log")),
        model_memory_bytes: Some(1),
        ..EngineOptions::default()
    });
    assert_eq!(engine.describe().expect("a description").model_memory_bytes, 1);
    let ct = ct([2, 64, 64]);
    for hu in [10.5, 60.5, 10.5] {
        let model = folder.path().join(hu.to_string());
        threshold_model(&model, &[hu]);
        let job = engine.segment(request(&ct, &model)).expect("a job");
        job.wait(Some(LONG));
        assert_eq!(job.take().expect("masks").segmentation.segments[0].mask, above(&ct, hu));
    }
}

#[test]
fn the_worker_tells_what_it_is() {
    let (_folder, engine) = engine();
    let told = engine.describe().expect("a description");
    assert_eq!(told.version, env!("CARGO_PKG_VERSION"));
    assert!(told.libtorch.starts_with("2."), "{told:?}");
    assert_eq!(told.devices[0].name, "cpu");
    assert!(told.devices[0].usable && told.devices[1].name == "cuda:0", "{told:?}");
    assert!(told.memory_bytes > told.memory_available_bytes);
    assert_eq!(told.model_memory_bytes, told.memory_bytes / 4);
}

#[test]
fn jobs_of_one_device_run_in_their_order_and_a_waiting_one_is_cancelled_at_once() {
    let (folder, engine) = engine();
    let (fast, slow) = (folder.path().join("fast"), folder.path().join("slow"));
    threshold_model(&fast, &[10.5]);
    common::slow_model(&slow);
    let ct = ct([60, 256, 256]);
    let first = engine.segment(request(&ct, &slow)).expect("a job");
    let second = engine.segment(request(&ct, &fast)).expect("a job");
    common::wait_for(LONG, "the first runs", || first.poll().state == JobState::Running);
    assert_eq!(second.poll().state, JobState::Queued);
    let worker = engine.worker_process_id();
    second.cancel();
    assert_eq!(second.wait(Some(LONG)).state, JobState::Cancelled);
    assert_eq!(engine.worker_process_id(), worker, "nothing was ended for it");
    assert_eq!(first.poll().state, JobState::Running);
    first.cancel();
    assert_eq!(first.wait(Some(Duration::from_secs(10))).state, JobState::Cancelled);
}
