/**
 * TMLI for C: CT series, RT Structure Sets, masks, contours, metrics, margins, and segmentation jobs.
 *
 * Made by `cargo xtask codegen` from rust-core/capi; change that and run it again. C++ programs include tmli.hpp.
 *
 * - A function returns `tmli_error_t *`: NULL is success, everything else is freed with `tmli_error_free`.
 * - Out-parameters come last and are written on success only.
 * - Handles are opaque. Each handle that a function hands out is freed once, by the `_free` of its type, and lives on
 *   its own, whatever it was taken from. NULL may be freed.
 * - A pointer is NULL or valid: a handle that was not freed, a text that ends with a zero byte, a buffer of the count
 *   given with it. None may be changed by another thread during the call. NULL where it is not allowed is an error,
 *   TMLI_ERROR_NULL_ARGUMENT.
 * - Texts are UTF-8. Arrays are [k, j, i]: slice, row, column; i runs fastest. Coordinates are LPS millimetres: x to the
 *   patient's left, y to posterior, z to superior.
 * - Masks and booleans are uint8_t; anything but 0 is true.
 * - A handle may be used by several threads at once where its type says so. Two handles never hinder each other.
 */

#ifndef TMLI_H
#define TMLI_H

#include <stddef.h>
#include <stdint.h>

/**
 * Version of the binary interface that this header describes. It grows with every change after which a program that was
 * compiled before can't use the library any more; see `tmli_check_abi`.
 */
#define TMLI_ABI_VERSION 1

/**
 * The number of an error. Numbers and names stay as they are from version to version; new ones come.
 */
enum tmli_error
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * There is not enough memory for a volume or mask of this size.
   */
  TMLI_ERROR_OUT_OF_MEMORY = 1,
  /**
   * A pointer or handle is NULL.
   */
  TMLI_ERROR_NULL_ARGUMENT = 100,
  /**
   * A text is not UTF-8, or holds a zero byte.
   */
  TMLI_ERROR_TEXT = 101,
  /**
   * The sizes of an array multiply to more than memory can address.
   */
  TMLI_ERROR_SIZE_OVERFLOW = 102,
  /**
   * A buffer and its geometry have different sizes.
   */
  TMLI_ERROR_BUFFER_SIZE = 103,
  /**
   * A volume has an axis without voxels.
   */
  TMLI_ERROR_EMPTY_SHAPE = 104,
  /**
   * Voxel spacing is not positive and finite.
   */
  TMLI_ERROR_SPACING = 105,
  /**
   * Image axes are not unit vectors at right angles.
   */
  TMLI_ERROR_AXES = 106,
  /**
   * The position of the first voxel is not a finite point.
   */
  TMLI_ERROR_ORIGIN = 107,
  /**
   * Volumes, masks or segmentations are not on the same grid.
   */
  TMLI_ERROR_GRIDS_DIFFER = 108,
  /**
   * A name is empty, too long, given twice, or holds control characters.
   */
  TMLI_ERROR_NAME = 109,
  /**
   * An option has a value that it can't have.
   */
  TMLI_ERROR_OPTION = 110,
  /**
   * Two masks are too far apart to be compared.
   */
  TMLI_ERROR_TOO_LARGE = 111,
  /**
   * An index is beyond the end of a list or volume.
   */
  TMLI_ERROR_INDEX = 112,
  /**
   * There is no structure or ROI of that name.
   */
  TMLI_ERROR_NO_SUCH_STRUCTURE = 113,
  /**
   * lps_from_ijk is not the matrix of a voxel grid.
   */
  TMLI_ERROR_MATRIX = 114,
  /**
   * A margin is negative, not a number, or larger than 100 mm.
   */
  TMLI_ERROR_MARGIN = 115,
  /**
   * A planning target volume was asked for without a clinical target volume.
   */
  TMLI_ERROR_NO_CTV = 116,
  /**
   * A buffer does not start at a multiple of its values' size.
   */
  TMLI_ERROR_ALIGNMENT = 117,
  /**
   * No body was found in the CT.
   */
  TMLI_ERROR_NO_BODY = 118,
  /**
   * A protocol file or alias table can't be read.
   */
  TMLI_ERROR_PROTOCOL_FILE = 130,
  /**
   * A protocol file contradicts itself.
   */
  TMLI_ERROR_PROTOCOL_CONTENTS = 131,
  /**
   * An alias table contradicts itself.
   */
  TMLI_ERROR_ALIAS_TABLE = 132,
  /**
   * A folder can't be read.
   */
  TMLI_ERROR_FOLDER = 200,
  /**
   * A folder holds no file at all.
   */
  TMLI_ERROR_EMPTY_FOLDER = 201,
  /**
   * A folder holds no CT image.
   */
  TMLI_ERROR_NO_CT = 202,
  /**
   * A folder holds several CT series.
   */
  TMLI_ERROR_SEVERAL_SERIES = 203,
  /**
   * The CT series that was asked for is not in the folder.
   */
  TMLI_ERROR_NO_SUCH_SERIES = 204,
  /**
   * A file can't be opened or read.
   */
  TMLI_ERROR_FILE_READ = 205,
  /**
   * A file is not DICOM.
   */
  TMLI_ERROR_NOT_DICOM = 206,
  /**
   * A DICOM data set is damaged.
   */
  TMLI_ERROR_DAMAGED = 207,
  /**
   * A file ends early.
   */
  TMLI_ERROR_TRUNCATED = 208,
  /**
   * A DICOM attribute is missing that can't be done without.
   */
  TMLI_ERROR_MISSING_ATTRIBUTE = 209,
  /**
   * A DICOM attribute has a value that makes no sense.
   */
  TMLI_ERROR_BAD_ATTRIBUTE = 210,
  /**
   * A compression is not supported.
   */
  TMLI_ERROR_TRANSFER_SYNTAX = 211,
  /**
   * A compressed image can't be decoded.
   */
  TMLI_ERROR_DECODE = 212,
  /**
   * An object of this kind can't be read.
   */
  TMLI_ERROR_UNSUPPORTED_OBJECT = 213,
  /**
   * The structures belong to another patient than the CT series.
   */
  TMLI_ERROR_OTHER_PATIENT = 214,
  /**
   * The structures are in another frame of reference than the CT series.
   */
  TMLI_ERROR_OTHER_FRAME = 215,
  /**
   * A DICOM file is of another kind than expected.
   */
  TMLI_ERROR_WRONG_OBJECT = 216,
  /**
   * A label map is not on the grid of the CT series.
   */
  TMLI_ERROR_LABEL_GRID = 217,
  /**
   * A label map can't be read.
   */
  TMLI_ERROR_LABEL_MAP = 218,
  /**
   * The disk is full.
   */
  TMLI_ERROR_DISK_FULL = 219,
  /**
   * A file can't be written.
   */
  TMLI_ERROR_FILE_WRITE = 220,
  /**
   * What is to be written makes no valid file.
   */
  TMLI_ERROR_INVALID_TO_WRITE = 221,
  /**
   * The file to write exists already.
   */
  TMLI_ERROR_FILE_EXISTS = 222,
  /**
   * A CT series has one slice only.
   */
  TMLI_ERROR_SINGLE_SLICE = 240,
  /**
   * Several slices of a CT series lie at the same position.
   */
  TMLI_ERROR_DUPLICATE_POSITIONS = 241,
  /**
   * Slices of a CT series are missing.
   */
  TMLI_ERROR_MISSING_SLICES = 242,
  /**
   * The spacing between slices of a CT series changes.
   */
  TMLI_ERROR_UNEVEN_SPACING = 243,
  /**
   * A CT series was scanned with a tilted gantry.
   */
  TMLI_ERROR_GANTRY_TILT = 244,
  /**
   * A slice of a CT series is shifted sideways.
   */
  TMLI_ERROR_SIDEWAYS_SLICE = 245,
  /**
   * Slices of a CT series have different orientations.
   */
  TMLI_ERROR_MIXED_ORIENTATIONS = 246,
  /**
   * Slices of a CT series have different patient positions.
   */
  TMLI_ERROR_MIXED_PATIENT_POSITIONS = 247,
  /**
   * Slices of a CT series have different numbers of rows or columns.
   */
  TMLI_ERROR_MIXED_SIZES = 248,
  /**
   * Slices of a CT series have different pixel spacings.
   */
  TMLI_ERROR_MIXED_PIXEL_SPACING = 249,
  /**
   * Slices of a CT series are in different frames of reference.
   */
  TMLI_ERROR_MIXED_FRAMES = 250,
  /**
   * ImageOrientationPatient is not two unit vectors at right angles.
   */
  TMLI_ERROR_BAD_ORIENTATION = 251,
  /**
   * The slices of a CT series make no voxel grid.
   */
  TMLI_ERROR_SERIES_GRID = 252,
  /**
   * A network or job has a setting that it can't have.
   */
  TMLI_ERROR_MODEL_SETTING = 300,
  /**
   * A CT can't be segmented with this model.
   */
  TMLI_ERROR_UNSUITABLE_CT = 301,
  /**
   * A structure was asked for that no model knows.
   */
  TMLI_ERROR_NO_MODEL_FOR_STRUCTURE = 302,
  /**
   * A file of a model folder can't be read or written.
   */
  TMLI_ERROR_MODEL_FILE = 303,
  /**
   * A file of a model folder is missing.
   */
  TMLI_ERROR_MODEL_FILE_MISSING = 304,
  /**
   * model.json can't be understood.
   */
  TMLI_ERROR_MANIFEST_SYNTAX = 305,
  /**
   * A model folder has another format version than this program reads.
   */
  TMLI_ERROR_MODEL_FORMAT_VERSION = 306,
  /**
   * model.json contradicts itself.
   */
  TMLI_ERROR_MANIFEST_CONTENTS = 307,
  /**
   * The weights are not those that model.json was written for.
   */
  TMLI_ERROR_WEIGHTS_HASH = 308,
  /**
   * The weights can't be read.
   */
  TMLI_ERROR_WEIGHTS_SYNTAX = 309,
  /**
   * The weights are of another network than model.json says.
   */
  TMLI_ERROR_WEIGHTS_SHAPE = 310,
  /**
   * The worker refused a model folder.
   */
  TMLI_ERROR_MODEL_REFUSED = 320,
  /**
   * The program tmli-worker, which runs the networks, is missing.
   */
  TMLI_ERROR_WORKER_NOT_FOUND = 400,
  /**
   * The worker can't be started.
   */
  TMLI_ERROR_WORKER_START = 401,
  /**
   * The worker ended while something was asked of it.
   */
  TMLI_ERROR_WORKER_ENDED = 402,
  /**
   * The worker did not answer and was ended.
   */
  TMLI_ERROR_WORKER_SILENT = 403,
  /**
   * The library and its worker don't understand each other.
   */
  TMLI_ERROR_WORKER_VERSION = 404,
  /**
   * Shared memory or the channel to the worker can't be made.
   */
  TMLI_ERROR_SHARED_MEMORY = 405,
  /**
   * The worker can't do what was asked for.
   */
  TMLI_ERROR_JOB_REQUEST = 410,
  /**
   * The worker can't use the volume.
   */
  TMLI_ERROR_JOB_VOLUME = 411,
  /**
   * There is not enough memory for the job on any device that may be used.
   */
  TMLI_ERROR_JOB_MEMORY = 412,
  /**
   * libtorch failed during the job.
   */
  TMLI_ERROR_JOB_LIBTORCH = 413,
  /**
   * The engine was stopped before the job was done.
   */
  TMLI_ERROR_ENGINE_STOPPED = 420,
  /**
   * The result of a job was asked for before the job was done.
   */
  TMLI_ERROR_NOT_DONE = 421,
  /**
   * The result of a job was taken already.
   */
  TMLI_ERROR_TAKEN = 422,
  /**
   * The job was cancelled.
   */
  TMLI_ERROR_CANCELLED = 500,
  /**
   * TMLI came to a point that it should never come to.
   */
  TMLI_ERROR_PANIC = 900,
  /**
   * The program was compiled for another version of the library.
   */
  TMLI_ERROR_ABI_VERSION = 901,
  /**
   * The worker failed by a defect of its own.
   */
  TMLI_ERROR_WORKER_DEFECT = 902,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tmli_error tmli_error;
#else
typedef int32_t tmli_error;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How the points of a contour are to be read (DICOM ContourGeometricType).
 */
enum tmli_contour_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * A closed loop in a plane.
   */
  TMLI_CONTOUR_KIND_CLOSED_PLANAR = 0,
  /**
   * A closed loop that is combined with its neighbours by exclusive or.
   */
  TMLI_CONTOUR_KIND_CLOSED_PLANAR_XOR = 1,
  /**
   * A line in a plane: encloses nothing.
   */
  TMLI_CONTOUR_KIND_OPEN_PLANAR = 2,
  /**
   * A line in space: encloses nothing.
   */
  TMLI_CONTOUR_KIND_OPEN_NONPLANAR = 3,
  /**
   * A point.
   */
  TMLI_CONTOUR_KIND_POINT = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tmli_contour_kind tmli_contour_kind;
#else
typedef int32_t tmli_contour_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How holes are drawn.
 */
enum tmli_holes
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * By a loop inside a loop, combined by even-odd.
   */
  TMLI_HOLES_LOOPS = 0,
  /**
   * The same, and all loops of a structure with a hole are said to be CLOSEDPLANAR_XOR.
   */
  TMLI_HOLES_XOR = 1,
  /**
   * By a channel of no width from the hole to the loop around it.
   */
  TMLI_HOLES_KEYHOLE = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tmli_holes tmli_holes;
#else
typedef int32_t tmli_holes;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How masks were made.
 */
enum tmli_generation
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * By an algorithm.
   */
  TMLI_GENERATION_AUTOMATIC = 0,
  /**
   * By an algorithm, then by hand.
   */
  TMLI_GENERATION_SEMIAUTOMATIC = 1,
  /**
   * By hand.
   */
  TMLI_GENERATION_MANUAL = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tmli_generation tmli_generation;
#else
typedef int32_t tmli_generation;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * By whose convention distances are measured; see docs/explanation/metric-definitions.md.
 */
enum tmli_profile
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Voxel corners weighted by surface area (DeepMind's surface-distance).
   */
  TMLI_PROFILE_SURFEL = 0,
  /**
   * Border voxels, each counted once (MONAI; medpy's pooled percentile).
   */
  TMLI_PROFILE_VOXEL = 1,
  /**
   * Border voxels, means of the two directed values (SlicerRT, plastimatch).
   */
  TMLI_PROFILE_SLICER_RT = 2,
  /**
   * Relaxed surface nets: nearest to the truth, above all between thick slices.
   */
  TMLI_PROFILE_NET = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tmli_profile tmli_profile;
#else
typedef int32_t tmli_profile;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Why distances have no value.
 */
enum tmli_undefined
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * They have.
   */
  TMLI_UNDEFINED_NO = 0,
  /**
   * Neither mask has a voxel: DSC and distances are NaN.
   */
  TMLI_UNDEFINED_BOTH_EMPTY = 1,
  /**
   * The reference has no voxel: DSC is 0, distances are infinite.
   */
  TMLI_UNDEFINED_REFERENCE_EMPTY = 2,
  /**
   * The prediction has no voxel: DSC is 0, distances are infinite.
   */
  TMLI_UNDEFINED_PREDICTION_EMPTY = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tmli_undefined tmli_undefined;
#else
typedef int32_t tmli_undefined;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Where a job is.
 */
enum tmli_state
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * It waits for its worker or for earlier jobs.
   */
  TMLI_STATE_QUEUED = 0,
  /**
   * It is worked on.
   */
  TMLI_STATE_RUNNING = 1,
  /**
   * `tmli_job_take` gives the result.
   */
  TMLI_STATE_DONE = 2,
  /**
   * `tmli_job_take` gives the error.
   */
  TMLI_STATE_FAILED = 3,
  /**
   * It was cancelled; there is no result.
   */
  TMLI_STATE_CANCELLED = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tmli_state tmli_state;
#else
typedef int32_t tmli_state;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The contours of one structure in LPS millimetres.
 *
 * Free it with `tmli_contours_free`. `tmli_contours_add` needs it for itself alone; all else may be done by several
 * threads at once.
 */
typedef struct tmli_contours_t tmli_contours_t;

/**
 * A CT series: its volume, and what an RT Structure Set must repeat to be filed under the same patient and study.
 *
 * Free it with `tmli_ct_series_free`. May be used by several threads at once.
 */
typedef struct tmli_ct_series_t tmli_ct_series_t;

/**
 * What starts segmentation jobs. The networks run in a worker process, which the engine starts at the first need, keeps
 * and watches; libtorch is never loaded into this process.
 *
 * Free it with `tmli_engine_free`, which ends the worker and the jobs in it. May be used by several threads at once.
 */
typedef struct tmli_engine_t tmli_engine_t;

/**
 * An error: a number for programs, a message with the facts of the case, and a hint what to do. NULL is success.
 *
 * The caller owns it and frees it with `tmli_error_free`. May be read by several threads at once.
 */
typedef struct tmli_error_t tmli_error_t;

/**
 * Where the voxels of a volume are in the patient, in LPS millimetres: x to the patient's left, y to posterior, z to
 * superior. Never changes.
 *
 * Free it with `tmli_geometry_free`. May be used by several threads at once.
 */
typedef struct tmli_geometry_t tmli_geometry_t;

/**
 * A segmentation that was asked for.
 *
 * Free it with `tmli_job_free`; the job itself goes on. May be used by several threads at once.
 */
typedef struct tmli_job_t tmli_job_t;

/**
 * What a job found. Never changes.
 *
 * Free it with `tmli_result_free`. May be used by several threads at once.
 */
typedef struct tmli_result_t tmli_result_t;

/**
 * The voxels of one structure on a geometry, a bit each. Never changes.
 *
 * Free it with `tmli_mask_free`. May be used by several threads at once.
 */
typedef struct tmli_mask_t tmli_mask_t;

/**
 * The TMLI protocol: which structures there are, their colours, types and limits. Never changes.
 *
 * Free it with `tmli_protocol_free`. May be used by several threads at once.
 */
typedef struct tmli_protocol_t tmli_protocol_t;

/**
 * Named masks on one geometry. Structures may overlap.
 *
 * Free it with `tmli_segmentation_free`. `tmli_segmentation_add` needs it for itself alone; all else may be done by
 * several threads at once.
 */
typedef struct tmli_segmentation_t tmli_segmentation_t;

/**
 * An RT Structure Set that was read from a DICOM file. Never changes.
 *
 * Free it with `tmli_structure_set_free`. May be used by several threads at once.
 */
typedef struct tmli_structure_set_t tmli_structure_set_t;

/**
 * A list of texts in UTF-8: findings, names, notes.
 *
 * Free it with `tmli_texts_free`. May be read by several threads at once.
 */
typedef struct tmli_texts_t tmli_texts_t;

/**
 * A CT: voxels in Hounsfield units, `[k, j, i]`, on a geometry. Never changes.
 *
 * Free it with `tmli_volume_free`. May be used by several threads at once.
 */
typedef struct tmli_volume_t tmli_volume_t;

/**
 * What a worker is and can. Never changes.
 *
 * Free it with `tmli_worker_free`. May be used by several threads at once.
 */
typedef struct tmli_worker_t tmli_worker_t;

/**
 * How an engine is set up. All zero is right for most programs.
 */
typedef struct {
  /**
   * The program tmli-worker; NULL looks for it: in the variable TMLI_WORKER, beside the program, beside this library,
   * in `../bin` of both, on PATH.
   */
  const char *worker;
  /**
   * Where the worker writes its log; NULL for the user's state folder. Logs hold no patient data.
   */
  const char *log_folder;
  /**
   * The worker ends after so many seconds without a job; 0 for never.
   */
  double idle_limit_s;
  /**
   * Most bytes of model weights that stay loaded per device; 0 for a quarter of the machine's memory.
   */
  uint64_t model_memory_bytes;
} tmli_engine_options_t;

/**
 * Number of voxels on each axis of an array `[k, j, i]`: slice, row, column; `i` is the one that runs fastest in memory.
 */
typedef struct {
  /**
   * Slices.
   */
  size_t k;
  /**
   * Rows.
   */
  size_t j;
  /**
   * Columns.
   */
  size_t i;
} tmli_shape_t;

/**
 * Voxels from `min` up to, but without, `max`.
 */
typedef struct {
  /**
   * First voxel inside.
   */
  tmli_shape_t min;
  /**
   * First voxel beyond, on every axis.
   */
  tmli_shape_t max;
} tmli_region_t;

/**
 * What a job is to do. Fill it with `tmli_segment_options_default` first.
 */
typedef struct {
  /**
   * Names of the structures to find; NULL for all that the models know.
   */
  const char *const *structures;
  /**
   * How many names there are.
   */
  size_t structure_count;
  /**
   * "auto", "cpu", or "cuda:N"; NULL for "auto".
   */
  const char *device;
  /**
   * Only what this part of the volume needs is computed, and masks are empty outside of it; NULL for everything.
   */
  const tmli_region_t *region;
  /**
   * Share of a window that its neighbour covers, 0 to 0.9: less is faster, more is smoother.
   */
  double overlap;
} tmli_segment_options_t;

/**
 * What a worker is. The texts live as long as the worker's description.
 */
typedef struct {
  /**
   * Its version.
   */
  const char *version;
  /**
   * The version of its libtorch.
   */
  const char *libtorch;
  /**
   * The device that "auto" takes, with the reason.
   */
  const char *automatic_device;
  /**
   * Memory of the machine.
   */
  uint64_t memory_bytes;
  /**
   * Memory that is free.
   */
  uint64_t memory_available_bytes;
  /**
   * How many devices there are.
   */
  size_t devices;
} tmli_worker_info_t;

/**
 * A device that may compute. The texts live as long as the worker's description.
 */
typedef struct {
  /**
   * "cpu", "cuda:0", ...
   */
  const char *name;
  /**
   * What it is, or why it can't be used.
   */
  const char *reason;
  /**
   * Whether it can be used: 1 or 0.
   */
  uint8_t usable;
} tmli_device_t;

/**
 * A 4 x 4 matrix, row after row, for column vectors: `point = matrix * (i, j, k, 1)`.
 */
typedef struct {
  /**
   * `rows[row][column]`.
   */
  double rows[4][4];
} tmli_matrix_t;

/**
 * Distance between voxel centres in mm.
 */
typedef struct {
  /**
   * Between slices.
   */
  double k_mm;
  /**
   * Between rows.
   */
  double j_mm;
  /**
   * Between columns.
   */
  double i_mm;
} tmli_spacing_t;

/**
 * How far a job is.
 */
typedef struct {
  /**
   * Share of the work that is done, 0 to 1.
   */
  double fraction;
  /**
   * Seconds since it was asked for, until now or its end.
   */
  double elapsed_s;
  /**
   * An estimate of the seconds left; negative while nothing is known.
   */
  double remaining_s;
  /**
   * One of `tmli_state`.
   */
  int32_t state;
  /**
   * Whether it is over: 1 or 0.
   */
  uint8_t is_over;
  /**
   * What is being done, in words; ends with a zero byte, cut where it is too long.
   */
  char stage[123];
  /**
   * The device that computes, with the reason; empty while it is not chosen.
   */
  char device[256];
} tmli_job_status_t;

/**
 * The model that a structure comes from. The texts live as long as the result.
 */
typedef struct {
  /**
   * As in the segmentation.
   */
  const char *structure;
  /**
   * The model's own name.
   */
  const char *model;
  /**
   * "unet2d" or "vnet3d".
   */
  const char *network;
  /**
   * SHA-256 of the model's weights, lower-case hexadecimal.
   */
  const char *weights_sha256;
  /**
   * Mean DSC on the model's validation cases; NaN where it was not validated.
   */
  double validation_dsc;
  /**
   * Mean HD95 on the validation cases in which the model found the structure, in mm; NaN where it was not measured.
   */
  double validation_hd95_mm;
} tmli_source_t;

/**
 * How far a structure grows or shrinks towards each side of the patient, in mm, 0 to 100.
 */
typedef struct {
  /**
   * Towards the patient's left.
   */
  double left_mm;
  /**
   * Towards the patient's right.
   */
  double right_mm;
  /**
   * Towards the patient's front.
   */
  double anterior_mm;
  /**
   * Towards the patient's back.
   */
  double posterior_mm;
  /**
   * Towards the head.
   */
  double superior_mm;
  /**
   * Towards the feet.
   */
  double inferior_mm;
} tmli_margin_t;

/**
 * A clinical target volume and its margin.
 */
typedef struct {
  /**
   * Not NULL.
   */
  const tmli_mask_t *mask;
  /**
   * By how much it is expanded.
   */
  tmli_margin_t margin;
} tmli_ctv_t;

/**
 * A structure that a PTV keeps away from.
 */
typedef struct {
  /**
   * Not NULL.
   */
  const tmli_mask_t *mask;
  /**
   * The distance to keep, in mm, 0 to 100; 0 cuts off the structure itself.
   */
  double distance_mm;
} tmli_crop_t;

/**
 * What `tmli_compare` measures. Fill it with `tmli_metric_options_default` first.
 */
typedef struct {
  /**
   * Percentile for `hd_percentile_mm`, above 0 and at most 100. HD95 is always given too.
   */
  double percentile;
  /**
   * Tolerance of the surface Dice.
   */
  double tolerance_mm;
  /**
   * Tolerance of the added path length.
   */
  double path_tolerance_mm;
  /**
   * One of `tmli_profile`.
   */
  int32_t profile;
} tmli_metric_options_t;

/**
 * Distances from the surface of one mask to that of the other.
 */
typedef struct {
  /**
   * Mean over the surface's area.
   */
  double mean_mm;
  /**
   * The distance that 95 % of the surface's area does not exceed.
   */
  double percentile95_mm;
  /**
   * The same for the percentile that was asked for.
   */
  double percentile_mm;
  /**
   * The largest.
   */
  double max_mm;
} tmli_distances_t;

/**
 * How well a prediction agrees with a reference.
 */
typedef struct {
  /**
   * Dice similarity coefficient, 0 to 1.
   */
  double dsc;
  /**
   * Hausdorff distance: the largest of all distances, both directions.
   */
  double hd_mm;
  /**
   * The larger of the two directed 95th percentiles; for slicer-rt their mean.
   */
  double hd95_mm;
  /**
   * As `hd95_mm`, with the percentile that was asked for.
   */
  double hd_percentile_mm;
  /**
   * That percentile of the distances of both surfaces taken together.
   */
  double pooled_percentile_mm;
  /**
   * Average surface distance: mean over the area of both surfaces.
   */
  double asd_mm;
  /**
   * The part of both surfaces at most the tolerance from the other, 0 to 1.
   */
  double surface_dice;
  /**
   * Length of the reference's contours that a person would have to draw.
   */
  double added_path_length_mm;
  /**
   * From the reference's centre of mass to the prediction's, along slices, rows and columns. NaN when a mask is empty.
   */
  double centre_shift_kji_mm[3];
  /**
   * Voxels times voxel volume.
   */
  double reference_volume_ml;
  /**
   * Voxels times voxel volume.
   */
  double prediction_volume_ml;
  /**
   * From the reference's surface to the prediction's.
   */
  tmli_distances_t reference_to_prediction;
  /**
   * From the prediction's surface to the reference's.
   */
  tmli_distances_t prediction_to_reference;
  /**
   * One of `tmli_undefined`: why distances have no value.
   */
  int32_t undefined;
  /**
   * 1 when a mask is one voxel or less than two slices.
   */
  uint8_t below_resolution;
  /**
   * 1 when a mask has a voxel at the border of the scan.
   */
  uint8_t touches_border;
  /**
   * By whose convention all this was measured, and with which percentile and tolerances.
   */
  tmli_metric_options_t options;
} tmli_metrics_t;

/**
 * One structure of the protocol. The texts live as long as the protocol.
 */
typedef struct {
  /**
   * AAPM TG-263 name, e.g. "Kidney_L".
   */
  const char *name;
  /**
   * The name in the study's tables, e.g. "left kidney".
   */
  const char *paper_name;
  /**
   * "oar1" to "oar3", "ctv1" to "ctv3", or "derived".
   */
  const char *group;
  /**
   * DICOM RTROIInterpretedType: "ORGAN", "CTV", "PTV", "EXTERNAL".
   */
  const char *interpreted_type;
  /**
   * A DSC above this counts as clinically acceptable.
   */
  double acceptance_dsc;
  /**
   * Display colour: red, green, blue.
   */
  uint8_t colour[3];
} tmli_structure_t;

/**
 * One region of interest. The texts live as long as the structure set.
 */
typedef struct {
  /**
   * ROIName.
   */
  const char *name;
  /**
   * RTROIInterpretedType, e.g. "ORGAN"; empty where the file says none.
   */
  const char *interpreted_type;
  /**
   * ROINumber: chosen by who wrote the file, not an index.
   */
  int32_t number;
  /**
   * Display colour: red, green, blue. 0 0 0 where the file says none.
   */
  uint8_t colour[3];
  /**
   * Whether the file says a colour: 1 or 0.
   */
  uint8_t has_colour;
  /**
   * How many contours it has.
   */
  size_t contours;
} tmli_roi_t;

/**
 * How masks become an RT Structure Set. Fill it with `tmli_structure_set_options_default` first.
 */
typedef struct {
  /**
   * StructureSetLabel, or NULL for "TMLI".
   */
  const char *label;
  /**
   * Name and version of the algorithm that made the masks, or NULL for TMLI and its version.
   */
  const char *algorithm;
  /**
   * One of `tmli_generation`.
   */
  int32_t generation;
  /**
   * One of `tmli_holes`.
   */
  int32_t holes;
  /**
   * Other than 0 draws rounded loops instead of stairs.
   */
  uint8_t smooth;
  /**
   * Other than 0 replaces a file that exists.
   */
  uint8_t overwrite;
} tmli_structure_set_options_t;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Makes an empty list of contours.
 */
tmli_error_t *tmli_contours_new(tmli_contours_t **contours);

/**
 * Adds a contour of `kind` (`tmli_contour_kind`) with `points` points, which are copied: x, y, z of the first point,
 * x, y, z of the second, and so on, in LPS mm. A closed loop does not repeat its first point.
 */
tmli_error_t *tmli_contours_add(tmli_contours_t *contours,
                                int32_t kind,
                                const double *xyz_mm,
                                size_t points);

/**
 * How many contours there are.
 */
tmli_error_t *tmli_contours_count(const tmli_contours_t *contours, size_t *count);

/**
 * The kind (`tmli_contour_kind`) and the number of points of the contour at `index`, from 0 on.
 */
tmli_error_t *tmli_contours_size(const tmli_contours_t *contours,
                                 size_t index,
                                 int32_t *kind,
                                 size_t *points);

/**
 * Writes the points of the contour at `index` to room for `points` points: x, y, z of the first point, x, y, z of the
 * second, and so on, in LPS mm. `points` is what `tmli_contours_size` said.
 */
tmli_error_t *tmli_contours_points(const tmli_contours_t *contours,
                                   size_t index,
                                   double *xyz_mm,
                                   size_t points);

/**
 * The voxels whose centres lie inside the contours (even-odd over all loops of a slice). `findings` may be NULL; otherwise
 * it becomes a list, to be freed, of the contours that were left out, moved or cut.
 */
tmli_error_t *tmli_rasterise(const tmli_contours_t *contours,
                             const tmli_geometry_t *geometry,
                             tmli_mask_t **mask,
                             tmli_texts_t **findings);

/**
 * Loops around a mask, slice after slice; rasterising them gives the mask back, voxel for voxel. `smooth` other than 0
 * draws rounded loops instead of stairs; `holes` is one of `tmli_holes`.
 */
tmli_error_t *tmli_trace(const tmli_mask_t *mask,
                         uint8_t smooth,
                         int32_t holes,
                         tmli_contours_t **contours);

/**
 * Frees the contours. NULL is allowed.
 */
void tmli_contours_free(tmli_contours_t *contours);

/**
 * Reads the CT series of a folder and all folders below it. `series_uid` is the SeriesInstanceUID of the one to read, or
 * NULL when there is one only; the error for several lists them.
 */
tmli_error_t *tmli_ct_series_read(const char *folder,
                                  const char *series_uid,
                                  tmli_ct_series_t **series);

/**
 * The volume in Hounsfield units: a handle of its own, to be freed; its voxels are not copied.
 */
tmli_error_t *tmli_ct_series_volume(const tmli_ct_series_t *series, tmli_volume_t **volume);

/**
 * The SeriesInstanceUID. The text lives as long as the series.
 */
tmli_error_t *tmli_ct_series_uid(const tmli_ct_series_t *series, const char **series_uid);

/**
 * PatientPosition: HFS, FFS, HFP, ...; empty where the files don't say. The text lives as long as the series.
 */
tmli_error_t *tmli_ct_series_patient_position(const tmli_ct_series_t *series,
                                              const char **patient_position);

/**
 * What was odd but could be read: a list, to be freed.
 */
tmli_error_t *tmli_ct_series_findings(const tmli_ct_series_t *series, tmli_texts_t **findings);

/**
 * Frees the series. Volumes that were taken from it stay. NULL is allowed.
 */
void tmli_ct_series_free(tmli_ct_series_t *series);

/**
 * Makes an engine; nothing is started yet. `options` may be NULL.
 */
tmli_error_t *tmli_engine_new(const tmli_engine_options_t *options, tmli_engine_t **engine);

/**
 * All structures that the models know, in the whole volume, on the best device, with an overlap of one half.
 */
tmli_error_t *tmli_segment_options_default(tmli_segment_options_t *options);

/**
 * Starts a job and returns at once. The volume is copied to memory that the worker sees. `models` are the `model_count`
 * folders of the models; a structure that several know comes from the one with the best validation DSC, near ties by HD95.
 * `options` may be NULL.
 */
tmli_error_t *tmli_engine_segment(const tmli_engine_t *engine,
                                  const tmli_volume_t *volume,
                                  const char *const *models,
                                  size_t model_count,
                                  const tmli_segment_options_t *options,
                                  tmli_job_t **job);

/**
 * Ends the worker now, frees its memory, and ends the jobs in it. The next job starts a new one.
 */
tmli_error_t *tmli_engine_stop(const tmli_engine_t *engine);

/**
 * Frees the engine: ends its worker and the jobs in it. NULL is allowed.
 */
void tmli_engine_free(tmli_engine_t *engine);

/**
 * What the engine's worker is: starts it if need be, and waits for its answer.
 */
tmli_error_t *tmli_engine_describe(const tmli_engine_t *engine, tmli_worker_t **worker);

/**
 * What the worker is.
 */
tmli_error_t *tmli_worker_info(const tmli_worker_t *worker, tmli_worker_info_t *info);

/**
 * The device at `index`, from 0 on.
 */
tmli_error_t *tmli_worker_device(const tmli_worker_t *worker, size_t index, tmli_device_t *device);

/**
 * Frees the description; the worker goes on. NULL is allowed.
 */
void tmli_worker_free(tmli_worker_t *worker);

/**
 * The number of the error, one of `tmli_error`; 0 for NULL.
 */
int32_t tmli_error_number(const tmli_error_t *error);

/**
 * What happened, as UTF-8; never NULL, empty for NULL. Lives as long as the error.
 */
const char *tmli_error_message(const tmli_error_t *error);

/**
 * What to do, as UTF-8; never NULL, empty for NULL. Lives as long as the error.
 */
const char *tmli_error_hint(const tmli_error_t *error);

/**
 * Frees the error. NULL is allowed.
 */
void tmli_error_free(tmli_error_t *error);

/**
 * Panics inside the library on purpose and returns what comes of it: an error with the number
 * `TMLI_ERROR_PANIC`. For tests of programs that want to see that a defect of TMLI does not end them.
 */
tmli_error_t *tmli_debug_panic(void);

/**
 * Makes a geometry from the shape of the array and the matrix that maps an index `(i, j, k, 1)` to LPS mm. The matrix'
 * columns are the i, j and k axis, each as long as its spacing, and the centre of voxel `[0, 0, 0]`; its last row is
 * 0 0 0 1. `frame_of_reference_uid` may be NULL.
 */
tmli_error_t *tmli_geometry_new(tmli_shape_t shape,
                                tmli_matrix_t lps_from_ijk,
                                const char *frame_of_reference_uid,
                                tmli_geometry_t **geometry);

/**
 * Slices, rows and columns.
 */
tmli_error_t *tmli_geometry_shape(const tmli_geometry_t *geometry, tmli_shape_t *shape);

/**
 * Distance between voxel centres.
 */
tmli_error_t *tmli_geometry_spacing(const tmli_geometry_t *geometry, tmli_spacing_t *spacing_mm);

/**
 * The matrix that maps an index `(i, j, k, 1)` to LPS mm.
 */
tmli_error_t *tmli_geometry_lps_from_ijk(const tmli_geometry_t *geometry, tmli_matrix_t *matrix);

/**
 * The frame of reference, or NULL where none is known. The text lives as long as the geometry.
 */
tmli_error_t *tmli_geometry_frame_of_reference_uid(const tmli_geometry_t *geometry, const char **uid);

/**
 * Whether two geometries put every voxel at the same place (within 0.001 mm) of the same frame of reference: 1 or 0. A
 * geometry without a frame is taken to be in the other's.
 */
tmli_error_t *tmli_geometry_same_grid(const tmli_geometry_t *one,
                                      const tmli_geometry_t *other,
                                      uint8_t *same);

/**
 * Frees the geometry. Volumes and masks that were made with it stay. NULL is allowed.
 */
void tmli_geometry_free(tmli_geometry_t *geometry);

/**
 * How far the job is. Never waits: made for timers.
 */
tmli_error_t *tmli_job_poll(const tmli_job_t *job, tmli_job_status_t *status);

/**
 * Waits until the job is over, for `limit_s` seconds at most, and says how far it is then.
 */
tmli_error_t *tmli_job_wait(const tmli_job_t *job, double limit_s, tmli_job_status_t *status);

/**
 * Asks for the job's end and returns at once; it is over within a second.
 */
tmli_error_t *tmli_job_cancel(const tmli_job_t *job);

/**
 * The result, once: a handle to be freed. Fails with `TMLI_ERROR_NOT_DONE` before the end, `TMLI_ERROR_CANCELLED`, what
 * made the job fail, or `TMLI_ERROR_TAKEN`.
 */
tmli_error_t *tmli_job_take(const tmli_job_t *job,
                            tmli_result_t **result);

/**
 * Frees the handle; the job itself goes on unless it was cancelled. NULL is allowed.
 */
void tmli_job_free(tmli_job_t *job);

/**
 * The masks, on the grid of the job's volume: a handle of its own, to be freed; voxels are not copied.
 */
tmli_error_t *tmli_result_segmentation(const tmli_result_t *result, tmli_segmentation_t **segmentation);

/**
 * Where the structure at `index` of the segmentation comes from.
 */
tmli_error_t *tmli_result_source(const tmli_result_t *result, size_t index, tmli_source_t *source);

/**
 * What the user should know, e.g. that the CPU was taken in place of the GPU: a list, to be freed.
 */
tmli_error_t *tmli_result_notes(const tmli_result_t *result, tmli_texts_t **notes);

/**
 * The device that computed, with the reason, and the seconds it took. The text lives as long as the result.
 */
tmli_error_t *tmli_result_device(const tmli_result_t *result, const char **device, double *seconds);

/**
 * Frees the result. Segmentations that were taken from it stay. NULL is allowed.
 */
void tmli_result_free(tmli_result_t *result);

/**
 * The mask and every voxel whose centre lies within the margin of the centre of one of its voxels.
 */
tmli_error_t *tmli_mask_expand(const tmli_mask_t *mask, tmli_margin_t margin, tmli_mask_t **expanded);

/**
 * The mask without every voxel that has a voxel outside of the mask within the margin.
 */
tmli_error_t *tmli_mask_shrink(const tmli_mask_t *mask, tmli_margin_t margin, tmli_mask_t **shrunk);

/**
 * The patient in a CT, skin included; without table, cushion and mask as far as they are thinner than 8 mm or lie
 * apart. For `body` of `tmli_ptv` where nobody contoured it.
 */
tmli_error_t *tmli_body_mask(const tmli_volume_t *volume,
                             tmli_mask_t **body);

/**
 * The planning target volume: the union of `ctv_count` clinical target volumes, each expanded by its own margin, inside of
 * `body` (NULL: no limit), without what is within the distance of one of the `crop_count` structures `crop`.
 */
tmli_error_t *tmli_ptv(const tmli_ctv_t *ctvs,
                       size_t ctv_count,
                       const tmli_mask_t *body,
                       const tmli_crop_t *crop,
                       size_t crop_count,
                       tmli_mask_t **target);

/**
 * Makes a mask from `count` bytes `[k, j, i]`: 0 is outside, anything else inside.
 */
tmli_error_t *tmli_mask_from_bytes(const uint8_t *bytes,
                                   size_t count,
                                   const tmli_geometry_t *geometry,
                                   tmli_mask_t **mask);

/**
 * Writes the mask to room for `count` bytes `[k, j, i]`: 1 inside, 0 outside. `count` is the number of voxels.
 */
tmli_error_t *tmli_mask_to_bytes(const tmli_mask_t *mask,
                                 uint8_t *bytes,
                                 size_t count);

/**
 * Number of voxels inside.
 */
tmli_error_t *tmli_mask_count(const tmli_mask_t *mask, size_t *count);

/**
 * Where the voxels are: a handle of its own, to be freed.
 */
tmli_error_t *tmli_mask_geometry(const tmli_mask_t *mask, tmli_geometry_t **geometry);

/**
 * Frees the mask. NULL is allowed.
 */
void tmli_mask_free(tmli_mask_t *mask);

/**
 * Profile surfel, 95th percentile, surface Dice at 2 mm, added path length without tolerance.
 */
tmli_error_t *tmli_metric_options_default(tmli_metric_options_t *options);

/**
 * Compares two masks on one grid. `options` may be NULL for the default.
 */
tmli_error_t *tmli_compare(const tmli_mask_t *reference,
                           const tmli_mask_t *prediction,
                           const tmli_metric_options_t *options,
                           tmli_metrics_t *metrics);

/**
 * The protocol that is built in.
 */
tmli_error_t *tmli_protocol_new(tmli_protocol_t **protocol);

/**
 * How many structures there are.
 */
tmli_error_t *tmli_protocol_count(const tmli_protocol_t *protocol, size_t *count);

/**
 * What the protocol says about the structure at `index`, from 0 on.
 */
tmli_error_t *tmli_protocol_structure(const tmli_protocol_t *protocol,
                                      size_t index,
                                      tmli_structure_t *structure);

/**
 * The index of the structure that a hospital calls `roi_name`, e.g. "Lt Kidney"; `TMLI_ERROR_NO_SUCH_STRUCTURE` when the
 * name is not known.
 */
tmli_error_t *tmli_protocol_find(const tmli_protocol_t *protocol,
                                 const char *roi_name,
                                 size_t *index);

/**
 * Frees the protocol. NULL is allowed.
 */
void tmli_protocol_free(tmli_protocol_t *protocol);

/**
 * Makes a segmentation without structures.
 */
tmli_error_t *tmli_segmentation_new(const tmli_geometry_t *geometry, tmli_segmentation_t **segmentation);

/**
 * Adds a structure. Its mask must be on the segmentation's grid, its name one that is not there yet. The mask stays the
 * caller's; its voxels are shared, not copied.
 */
tmli_error_t *tmli_segmentation_add(tmli_segmentation_t *segmentation,
                                    const char *name,
                                    const tmli_mask_t *mask);

/**
 * How many structures there are.
 */
tmli_error_t *tmli_segmentation_count(const tmli_segmentation_t *segmentation, size_t *count);

/**
 * The name of the structure at `index`, from 0 on. It lives as long as the segmentation.
 */
tmli_error_t *tmli_segmentation_name(const tmli_segmentation_t *segmentation,
                                     size_t index,
                                     const char **name);

/**
 * The mask of the structure at `index`, from 0 on: a handle of its own, to be freed; its voxels are not copied.
 */
tmli_error_t *tmli_segmentation_mask(const tmli_segmentation_t *segmentation,
                                     size_t index,
                                     tmli_mask_t **mask);

/**
 * The mask of the structure of that name: a handle of its own, to be freed; its voxels are not copied.
 */
tmli_error_t *tmli_segmentation_mask_named(const tmli_segmentation_t *segmentation,
                                           const char *name,
                                           tmli_mask_t **mask);

/**
 * Frees the segmentation. Masks that were taken from it stay. NULL is allowed.
 */
void tmli_segmentation_free(tmli_segmentation_t *segmentation);

/**
 * Reads an RT Structure Set. `series` is the CT series that it should belong to: it is an error when it is of another
 * patient or in another frame of reference. NULL reads it without that check.
 */
tmli_error_t *tmli_structure_set_read(const char *file,
                                      const tmli_ct_series_t *series,
                                      tmli_structure_set_t **structure_set);

/**
 * StructureSetLabel. The text lives as long as the structure set.
 */
tmli_error_t *tmli_structure_set_label(const tmli_structure_set_t *structure_set, const char **label);

/**
 * What was odd but could be read: a list, to be freed.
 */
tmli_error_t *tmli_structure_set_findings(const tmli_structure_set_t *structure_set, tmli_texts_t **findings);

/**
 * How many ROIs there are.
 */
tmli_error_t *tmli_structure_set_count(const tmli_structure_set_t *structure_set, size_t *count);

/**
 * The index of the ROI of exactly that name; of the first when there are several.
 */
tmli_error_t *tmli_structure_set_find(const tmli_structure_set_t *structure_set, const char *name, size_t *index);

/**
 * What the file says about the ROI at `index`, from 0 on.
 */
tmli_error_t *tmli_structure_set_roi(const tmli_structure_set_t *structure_set,
                                     size_t index,
                                     tmli_roi_t *roi);

/**
 * A copy of the contours of the ROI at `index`, from 0 on: a handle to be freed.
 */
tmli_error_t *tmli_structure_set_contours(const tmli_structure_set_t *structure_set,
                                          size_t index,
                                          tmli_contours_t **contours);

/**
 * Label "TMLI", made automatically, stairs, loops inside loops, nothing overwritten.
 */
tmli_error_t *tmli_structure_set_options_default(tmli_structure_set_options_t *options);

/**
 * Writes the structures of a segmentation as an RT Structure Set that belongs to the CT series, whole or not at all.
 * Colours, types and codes are those of the TMLI protocol. `options` may be NULL. `left_out` may be NULL; otherwise it
 * becomes a list, to be freed, of the structures that have no voxel and are not in the file.
 */
tmli_error_t *tmli_structure_set_write(const char *file,
                                       const tmli_ct_series_t *series,
                                       const tmli_segmentation_t *segmentation,
                                       const tmli_structure_set_options_t *options,
                                       tmli_texts_t **left_out);

/**
 * Frees the structure set. NULL is allowed.
 */
void tmli_structure_set_free(tmli_structure_set_t *structure_set);

/**
 * How many texts there are.
 */
tmli_error_t *tmli_texts_count(const tmli_texts_t *texts, size_t *count);

/**
 * The text at `index`, from 0 on. It lives as long as the list.
 */
tmli_error_t *tmli_texts_get(const tmli_texts_t *texts, size_t index, const char **text);

/**
 * Frees the list. NULL is allowed.
 */
void tmli_texts_free(tmli_texts_t *texts);

/**
 * The version of the library, e.g. "0.1.0". Lives as long as the library.
 */
const char *tmli_version(void);

/**
 * The version of the binary interface of the library that was loaded.
 */
uint32_t tmli_abi_version(void);

/**
 * Checks that the library has the binary interface that the program was compiled for: `tmli_check_abi(TMLI_ABI_VERSION)`.
 * The first call a program makes. Fails with `TMLI_ERROR_ABI_VERSION`.
 */
tmli_error_t *tmli_check_abi(uint32_t compiled_for);

/**
 * Makes a volume from `count` voxels of the caller, which are copied.
 */
tmli_error_t *tmli_volume_copy(const int16_t *voxels_hu,
                               size_t count,
                               const tmli_geometry_t *geometry,
                               tmli_volume_t **volume);

/**
 * Makes a volume that reads the `count` voxels where they are. The memory must stay, unchanged, until the volume and
 * all volumes that `tmli_volume_share` made of it are freed. A job takes a copy when it starts.
 */
tmli_error_t *tmli_volume_borrow(const int16_t *voxels_hu,
                                 size_t count,
                                 const tmli_geometry_t *geometry,
                                 tmli_volume_t **volume);

/**
 * A further handle to the same voxels; nothing is copied.
 */
tmli_error_t *tmli_volume_share(const tmli_volume_t *volume, tmli_volume_t **shared);

/**
 * Where the voxels are: a handle of its own, to be freed.
 */
tmli_error_t *tmli_volume_geometry(const tmli_volume_t *volume, tmli_geometry_t **geometry);

/**
 * The voxels and how many they are, slice after slice, row after row. They live as long as the volume (or what it was
 * borrowed from).
 */
tmli_error_t *tmli_volume_voxels(const tmli_volume_t *volume,
                                 const int16_t **voxels_hu,
                                 size_t *count);

/**
 * Frees the volume. NULL is allowed.
 */
void tmli_volume_free(tmli_volume_t *volume);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* TMLI_H */
