//! One model of a job, on the device or, where its memory does not do, on the CPU.

use std::{ops::ControlFlow, path::Path};

use tmli_core::Segment;
use tmli_nn::{
    CtView, Device, Manifest, Model, ModelOn, NnError, SegmentOptions, SegmentProgress, segment_within_memory,
};

use super::models::Models;

/// Where a model may run: on its device, then on the CPU.
pub(super) struct Places<'m> {
    pub(super) first: &'m mut Models,
    pub(super) device: Device,
    /// Used when the GPU's memory does not do.
    pub(super) cpu: &'m mut Models,
}

impl Places<'_> {
    /// Segments with the model of a folder. What had to be changed for want of memory is added to `notes`.
    pub(super) fn run(
        &mut self,
        folder: &Path,
        manifest: &Manifest,
        ct: CtView<'_>,
        options: &SegmentOptions,
        notes: &mut Vec<String>,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Vec<Segment>, NnError> {
        let device = self.device;
        let mut report = |p: SegmentProgress| progress(p.done as f64 / p.total.max(1) as f64);
        let mut models = OneModel { places: self, folder, manifest };
        let done = segment_within_memory(&mut models, device, ct, options, &mut report)?;
        notes.extend(done.notes.iter().map(|note| format!("{}: {note}", manifest.name)));
        Ok(done.segmentation.segments)
    }

    fn on(&mut self, device: Device) -> &mut Models {
        if device == self.device { self.first } else { self.cpu }
    }
}

/// The model of a folder, wherever it is wanted.
struct OneModel<'p, 'm> {
    places: &'p mut Places<'m>,
    folder: &'p Path,
    manifest: &'p Manifest,
}

impl ModelOn for OneModel<'_, '_> {
    fn model_on(&mut self, device: Device) -> Result<&Model, NnError> {
        self.places.on(device).get(self.folder, self.manifest)
    }

    fn make_room(&mut self, device: Device) {
        self.places.on(device).keep_last();
    }
}
