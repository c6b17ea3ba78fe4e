//! What host and worker say to each other: one JSON object a line. `docs/reference/engine-protocol.md` explains it with
//! examples, which the tests of this file read.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tmli_core::{GeometryError, PointLps, SpacingMm, VolumeGeometry, VoxelBox};
use tmli_model::DeviceRequest;

use crate::{error::FailureClass, masks::PackedMask, request::StructureSource};

/// Version of the words. A change that an older peer would misunderstand raises it; fields that are added do not:
/// unknown fields are passed over.
pub const PROTOCOL: u32 = 1;

/// From the host to the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToWorker {
    /// The first words.
    Hello {
        /// [`PROTOCOL`] of the host.
        protocol: u32,
        /// Its version.
        host: String,
        /// Most bytes of weights to keep loaded per device; a quarter of the memory where there is none.
        model_memory_bytes: Option<u64>,
    },
    /// Asks for a [`ToHost::Description`].
    Describe,
    /// A job. The handle beside it is the CT's shared memory.
    Segment(Box<SegmentWords>),
    /// The job's end is wished for.
    Cancel {
        /// Its number.
        job: u64,
    },
}

/// A job. Who the patient is, is not said: not even the frame of reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SegmentWords {
    /// A number that the host has not used before.
    pub job: u64,
    /// The CT's grid.
    pub ct: GridWords,
    /// Absolute paths of model folders.
    pub models: Vec<PathBuf>,
    /// Structures to find; empty for all.
    pub structures: Vec<String>,
    /// Where to compute.
    pub device: DeviceRequest,
    /// Share of a window that its neighbour covers.
    pub overlap: f64,
    /// The box to compute.
    pub region: Option<BoxWords>,
}

/// The grid of a volume, `[k, j, i]`, LPS mm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GridWords {
    /// Voxels.
    pub shape: [usize; 3],
    /// Between voxel centres.
    pub spacing_mm: [f64; 3],
    /// Centre of the first voxel: x, y, z.
    pub origin_lps_mm: [f64; 3],
    /// Unit vectors of k, j and i.
    pub axes_lps: [[f64; 3]; 3],
}

/// A box of voxels, half open, `[k, j, i]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoxWords {
    /// First voxel inside.
    pub min: [usize; 3],
    /// First voxel beyond.
    pub max: [usize; 3],
}

/// From the worker to the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToHost {
    /// The answer to hello.
    Ready {
        /// [`PROTOCOL`] of the worker.
        protocol: u32,
        /// Its version.
        worker: String,
    },
    /// The other answer to hello; the worker ends after it.
    Refused {
        /// What was expected and got.
        reason: String,
    },
    /// The answer to describe.
    Description(WorkerDescription),
    /// A job is begun.
    Started {
        /// Its number.
        job: u64,
        /// Where it computes, and why there.
        device: String,
    },
    /// A job goes on; about 20 times a second at most.
    Progress {
        /// Its number.
        job: u64,
        /// Share of the work that is done.
        fraction: f64,
        /// What is being done.
        stage: String,
    },
    /// A job is done. The handle beside it is the masks' shared memory.
    Done(Box<DoneWords>),
    /// A job failed, or words were not understood; the worker lives on.
    Failed {
        /// Its number, where it is known.
        job: Option<u64>,
        /// What kind of failure.
        class: FailureClass,
        /// What happened.
        message: String,
        /// What to do.
        hint: String,
    },
    /// A job was cancelled.
    Cancelled {
        /// Its number.
        job: u64,
    },
}

/// A job that is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DoneWords {
    /// Its number.
    pub job: u64,
    /// Where it computed, and why there.
    pub device: String,
    /// What the user should know.
    pub notes: Vec<String>,
    /// Size of the shared memory that holds the masks.
    pub bytes: usize,
    /// Name and origin of each structure.
    pub sources: Vec<StructureSource>,
    /// Where its voxels are, in the same order.
    pub masks: Vec<PackedMask>,
    /// Seconds for reading model folders.
    pub load_s: f64,
    /// Seconds for resampling, networks and masks.
    pub network_s: f64,
    /// Seconds for writing the masks to shared memory.
    pub pack_s: f64,
}

/// What a worker is and can.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkerDescription {
    /// Its version.
    pub version: String,
    /// Of libtorch.
    pub libtorch: String,
    /// The device that `auto` takes, with the reason.
    pub auto: String,
    /// Every device.
    pub devices: Vec<DeviceDescription>,
    /// Memory of the machine.
    pub memory_bytes: u64,
    /// Memory that is free.
    pub memory_available_bytes: u64,
    /// Most bytes of weights that are kept loaded per device.
    pub model_memory_bytes: u64,
}

/// A device that may compute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceDescription {
    /// `cpu`, `cuda:0`, ...
    pub name: String,
    /// Whether it can be used.
    pub usable: bool,
    /// In words: what it is, or why it can't be used.
    pub reason: String,
}

impl GridWords {
    /// Of a grid.
    pub fn of(grid: &VolumeGeometry) -> Self {
        Self {
            shape: grid.shape(),
            spacing_mm: grid.spacing_mm().to_array(),
            origin_lps_mm: grid.origin().0,
            axes_lps: grid.axes(),
        }
    }

    /// The grid.
    ///
    /// # Errors
    /// When the numbers make none.
    pub fn grid(&self) -> Result<VolumeGeometry, GeometryError> {
        let [k, j, i] = self.spacing_mm;
        VolumeGeometry::new(self.shape, PointLps(self.origin_lps_mm), SpacingMm::new(k, j, i), self.axes_lps)
    }
}

impl From<VoxelBox> for BoxWords {
    fn from(b: VoxelBox) -> Self {
        Self { min: b.min, max: b.max }
    }
}

impl From<BoxWords> for VoxelBox {
    fn from(b: BoxWords) -> Self {
        Self { min: b.min, max: b.max }
    }
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;

    use super::*;

    const PAGE: &str = include_str!("../../../docs/reference/engine-protocol.md");

    /// Blocks of the page that begin with this line.
    fn examples(kind: &str) -> Vec<&'static str> {
        let blocks = PAGE.split("```").skip(1).step_by(2);
        blocks.filter_map(|block| block.strip_prefix(kind)).collect()
    }

    /// Reads an example, and demands that what was read says the same: no field of the page is passed over.
    fn read<T: DeserializeOwned + Serialize>(example: &str) -> T {
        let words: T = serde_json::from_str(example).unwrap_or_else(|e| panic!("{e}: {example}"));
        let (again, value) = (serde_json::to_value(&words), serde_json::from_str::<serde_json::Value>(example));
        assert_eq!(again.expect("JSON"), value.expect("JSON"));
        words
    }

    #[test]
    fn the_examples_of_the_page_are_understood_and_there_is_one_of_each() {
        let kinds = |all: &[serde_json::Value]| -> Vec<String> {
            all.iter().filter_map(|v| v["type"].as_str().map(str::to_owned)).collect()
        };
        let host: Vec<_> = examples("json to-worker\n").into_iter().map(read::<ToWorker>).collect();
        let host: Vec<_> = host.iter().map(|w| serde_json::to_value(w).expect("JSON")).collect();
        assert_eq!(kinds(&host), ["hello", "describe", "segment", "cancel"]);
        let worker: Vec<_> = examples("json to-host\n").into_iter().map(read::<ToHost>).collect();
        let worker: Vec<_> = worker.iter().map(|w| serde_json::to_value(w).expect("JSON")).collect();
        let expected = ["ready", "refused", "description", "started", "progress", "done", "cancelled", "failed"];
        assert_eq!(kinds(&worker), expected);
        assert!(PAGE.contains(&format!("**Version {PROTOCOL}.**")));
    }

    #[test]
    fn added_fields_are_passed_over_and_a_nan_is_no_number() {
        let hello = r#"{"type":"hello","protocol":1,"host":"0.2.0","colour":"blue"}"#;
        assert!(serde_json::from_str::<ToWorker>(hello).is_ok());
        // What serde_json writes for NaN.
        let grid =
            r#"{"shape":[1,1,1],"spacing_mm":[null,1,1],"origin_lps_mm":[0,0,0],"axes_lps":[[0,0,1],[0,1,0],[1,0,0]]}"#;
        assert!(serde_json::from_str::<GridWords>(grid).is_err());
        let zero = grid.replace("null", "1").replace("[1,1,1],\"sp", "[0,1,1],\"sp");
        assert!(serde_json::from_str::<GridWords>(&zero).expect("numbers").grid().is_err());
    }

    #[test]
    fn a_grid_is_the_same_to_the_last_bit_when_it_arrives() {
        // A reader that is content with a nearly right number takes the first one for 3.6499999999999995.
        let spacing = SpacingMm::new(3.649_999_999_999_999, 1.0 / 3.0, 0.976_562_5);
        let grid = VolumeGeometry::axial([2, 3, 4], PointLps([-249.511_718_75, 0.1 + 0.2, -1.0 / 7.0]), spacing);
        let sent = GridWords::of(&grid.expect("a grid"));
        let line = serde_json::to_string(&sent).expect("JSON");
        assert_eq!(serde_json::from_str::<GridWords>(&line).expect("JSON"), sent);
    }
}
