//! One job from words to masks.

use std::{collections::BTreeMap, os::fd::OwnedFd, path::PathBuf, time::Instant};

use ndarray::ArrayView3;
use tmli_core::{Mask, VolumeGeometry, VoxelBox};
use tmli_engine::{
    FailureClass, MOST_OVERLAP, StructureSource,
    masks::pack,
    memory::{ReceivedMemory, Written},
    words::{DoneWords, SegmentWords},
};
use tmli_model::{Choice, Manifest, ModelGrid, WindowPlan, choose_models, describe_choices, read_manifest};
use tmli_nn::{CtView, NnError, SegmentOptions};

use super::{answer::Failure, attempt::Places, progress::Progress};

/// How a job ended.
pub(super) enum Ended {
    /// Words, and the shared memory that goes with them.
    Done(Box<DoneWords>, OwnedFd),
    Cancelled,
    Failed(Failure),
}

/// Why a job has no masks.
enum Stop {
    Cancelled,
    Failed(Failure),
}

impl<F: Into<Failure>> From<F> for Stop {
    fn from(failure: F) -> Self {
        Self::Failed(failure.into())
    }
}

/// Does the job; `device` says where and why.
pub(super) fn run(
    words: &SegmentWords,
    ct: Option<OwnedFd>,
    device: String,
    mut places: Places<'_>,
    mut progress: Progress<'_>,
) -> Ended {
    match segment(words, ct, device, &mut places, &mut progress) {
        Ok((done, masks)) => Ended::Done(Box::new(done), masks),
        Err(Stop::Cancelled) => Ended::Cancelled,
        Err(Stop::Failed(failure)) => Ended::Failed(failure),
    }
}

fn segment(
    words: &SegmentWords,
    ct: Option<OwnedFd>,
    device: String,
    places: &mut Places<'_>,
    progress: &mut Progress<'_>,
) -> Result<(DoneWords, OwnedFd), Stop> {
    #[cfg(test)]
    super::defect_test::provoke(words);
    let start = Instant::now();
    let (geometry, memory) = open_ct(words, ct)?;
    let hu = ArrayView3::from_shape(geometry.shape(), &memory.numbers()[..geometry.voxel_count()])
        .map_err(|e| Failure::new(FailureClass::Volume, e))?;
    let ct = CtView::new(&geometry, hu).map_err(|e| Failure::new(FailureClass::Volume, e))?;
    let plan = Plan::new(words, &geometry, places.device.is_cuda())?;
    progress.set_total(plan.costs.iter().sum());
    let options =
        SegmentOptions { overlap: words.overlap, region: words.region.map(VoxelBox::from), ..Default::default() };
    let (mut load_s, mut network_s) = (start.elapsed().as_secs_f64(), 0.0);
    let mut notes = plan.notes(words);
    let mut found: BTreeMap<String, Mask> = BTreeMap::new();
    for (n, &model) in plan.needed.iter().enumerate() {
        let (manifest, folder) = (&plan.manifests[model], &words.models[model]);
        let of = if plan.needed.len() > 1 { format!(" ({} of {})", n + 1, plan.needed.len()) } else { String::new() };
        progress.begin(plan.costs[n], format!("{}{of}", manifest.name));
        if progress.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        let loading = Instant::now();
        match places.first.get(folder, manifest) {
            // The run finds a way, and tells.
            Err(error) if error.is_out_of_memory() => {}
            result => drop(result.map_err(|e| about(&words.models, model, e))?),
        }
        load_s += loading.elapsed().as_secs_f64();
        let computing = Instant::now();
        let mut reach = |share| progress.reach(share);
        let segments = places.run(folder, manifest, ct, &options, &mut notes, &mut reach);
        for segment in segments.map_err(|e| about(&words.models, model, e))? {
            if plan.choices.iter().any(|c| c.model == model && c.structure == segment.name) {
                found.insert(segment.name, segment.mask);
            }
        }
        network_s += computing.elapsed().as_secs_f64();
    }
    drop(memory);
    let packing = Instant::now();
    let ordered: Vec<Mask> = plan.choices.iter().filter_map(|c| found.remove(&c.structure)).collect();
    let memory_error =
        |e: std::io::Error| Failure::new(FailureClass::Memory, format!("the masks can't be shared: {e}"));
    let (memory, masks) = pack(&ordered).map_err(memory_error)?;
    let done = DoneWords {
        job: words.job,
        device,
        notes,
        bytes: memory.bytes().len(),
        sources: plan.sources(),
        masks,
        load_s,
        network_s,
        pack_s: packing.elapsed().as_secs_f64(),
    };
    Ok((done, memory.freeze().map_err(memory_error)?))
}

/// The CT's grid and voxels, with every check: they come from another process.
fn open_ct(words: &SegmentWords, ct: Option<OwnedFd>) -> Result<(VolumeGeometry, ReceivedMemory), Failure> {
    let volume = |what: &dyn std::fmt::Display| Failure::new(FailureClass::Volume, what);
    let geometry = words.ct.grid().map_err(|e| volume(&e))?;
    let shape = geometry.shape();
    let bytes = shape.iter().try_fold(size_of::<i16>(), |n, &size| n.checked_mul(size));
    let bytes = bytes.ok_or_else(|| volume(&format!("a volume of {shape:?} voxels (k, j, i) fits no memory")))?;
    let handle = ct.ok_or_else(|| volume(&"there are no voxels beside the words"))?;
    let memory = ReceivedMemory::open(handle, bytes, Written::ByPromise)
        .map_err(|e| volume(&format!("the CT's voxels can't be read: {e}")))?;
    Ok((geometry, memory))
}

fn about(models: &[PathBuf], model: usize, error: NnError) -> Stop {
    if matches!(error, NnError::Cancelled) {
        return Stop::Cancelled;
    }
    let folder = models[model].file_name().unwrap_or_default().to_string_lossy().into_owned();
    Stop::Failed(Failure::from(error).about(format!("model {} ({folder})", model + 1)))
}

/// Which models run, for which structures.
struct Plan {
    manifests: Vec<Manifest>,
    choices: Vec<Choice>,
    /// Models that give a structure, in the order in which they run.
    needed: Vec<usize>,
    /// Of each of them, in the same unit.
    costs: Vec<f64>,
}

impl Plan {
    fn new(words: &SegmentWords, geometry: &VolumeGeometry, on_gpu: bool) -> Result<Self, Stop> {
        if words.models.is_empty() || !(0.0..=MOST_OVERLAP).contains(&words.overlap) {
            let message = format!("a job needs at least one model and an overlap of 0 to {MOST_OVERLAP}");
            return Err(Failure::new(FailureClass::Request, message).into());
        }
        let mut manifests = Vec::with_capacity(words.models.len());
        for (model, folder) in words.models.iter().enumerate() {
            manifests.push(read_manifest(folder).map_err(|e| about(&words.models, model, e.into()))?);
        }
        let choices = choose_models(&manifests, &words.structures)?;
        let needed: Vec<usize> = (0..manifests.len()).filter(|&m| choices.iter().any(|c| c.model == m)).collect();
        let costs = needed.iter().map(|&m| cost(&manifests[m], geometry, words.overlap, on_gpu)).collect();
        Ok(Self { manifests, choices, needed, costs })
    }

    fn notes(&self, words: &SegmentWords) -> Vec<String> {
        let mut notes = describe_choices(&self.choices, &self.manifests);
        let cleaned = |&&m: &&usize| !self.manifests[m].post_processing.is_empty();
        if words.region.is_some() && self.needed.iter().any(|m| cleaned(&m)) {
            notes.push("small pieces are kept in a region: they may belong to a larger one outside of it".to_owned());
        }
        notes
    }

    fn sources(&self) -> Vec<StructureSource> {
        self.choices.iter().map(|choice| StructureSource::new(choice, &self.manifests[choice.model])).collect()
    }
}

/// How much there is to compute, for the share of the work that each model is: numbers that the network makes, in all
/// windows.
fn cost(manifest: &Manifest, geometry: &VolumeGeometry, overlap: f64, on_gpu: bool) -> f64 {
    let whole = VoxelBox { min: [0; 3], max: geometry.shape() };
    let dimensions = manifest.network.dimensions();
    let grid = ModelGrid::for_network(geometry.spacing_mm(), whole, manifest.spacing_mm, dimensions);
    // What is wrong with the grid is told by the run itself.
    let Ok(grid) = grid else { return 1.0 };
    let plan = WindowPlan::new(grid.shape(), manifest.patch, dimensions, overlap, 0, on_gpu);
    let window = manifest.patch.iter().product::<usize>() as u64;
    plan.windows() as f64 * manifest.network.activations(window) as f64
}
