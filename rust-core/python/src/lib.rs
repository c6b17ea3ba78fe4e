//! The extension module `tmli._tmli` behind the Python package `tmli`: one file for each kind of thing.
//!
//! What Python users read is in the doc comments of the classes and functions; `tests/python` compares them with the
//! typed stubs. No libtorch and no numpy is loaded by an import: numpy comes with the first array, libtorch lives in the
//! worker process.

mod arrays;
mod contours;
mod ct;
mod engine;
mod error;
mod geometry;
mod label_maps;
mod margin;
mod mask;
mod masks;
mod metrics;
mod model;
mod phantom;
mod protocol;
mod structure_set;
mod task;
mod volume;
mod waiting;

/// CT series, structure sets, contours, metrics and segmentation jobs of TMLI. Import `tmli`, not this.
#[pyo3::pymodule]
mod _tmli {
    use pyo3::prelude::*;

    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "the name that Python programs ask for")]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_export]
    use crate::{
        contours::{Contour, rasterise, trace},
        ct::{CtIdentity, CtSeries, FolderScan, SeriesEntry, StructureSetEntry},
        ct::{read_ct_identity, read_ct_series, scan_folder},
        engine::{Engine, Job, JobStatus, SegmentResult, StructureSource},
        error::_panic,
        geometry::Geometry,
        margin::{Margin, body_mask, expand, ptv, shrink, start_ptv},
        mask::PyMask,
        masks::Masks,
        metrics::{DirectedDistances, StructureMetrics, compare, compare_label_maps, start_compare},
        model::{ExpectedMemory, Manifest, choose_models, expected_memory, read_manifest},
        phantom::{Phantom, phantom, write_phantom},
        protocol::{Code, Protocol, Structure, TrainingSet, match_rois, protocol},
        structure_set::{Roi, StructureSet, Written, read_structure_set, write_structure_set},
        structure_set::{start_read_structure_set, start_write_structure_set},
        task::Task,
        volume::Volume,
    };

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let masks = module.getattr("Masks")?;
        module.py().import("collections.abc")?.getattr("Mapping")?.call_method1("register", (masks,))?;
        Ok(())
    }
}
