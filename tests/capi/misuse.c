/* What a C program can do wrong ends in an error with its number, writes no out-parameter, and the program goes on. */
#include <stdio.h>
#include <string.h>
#include <tmli.h>

static int wrong = 0;

static void expect(const char *what, tmli_error_t *error, int32_t number) {
  if (tmli_error_number(error) != number || (number != 0 && strlen(tmli_error_message(error)) == 0) ||
      (number != 0 && strlen(tmli_error_hint(error)) == 0)) {
    fprintf(stderr, "%s: expected error %d, got %d: %s\n", what, (int)number, (int)tmli_error_number(error),
            tmli_error_message(error));
    wrong = 1;
  }
  tmli_error_free(error);
}

int main(void) {
  const tmli_matrix_t matrix = {{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 5, 0}, {0, 0, 0, 1}}};
  const tmli_shape_t shape = {2, 3, 4}, vast = {SIZE_MAX, 3, 4}, large = {1u << 20, 1u << 20, 1u << 20}, none = {0, 3, 4};
  tmli_geometry_t *geometry = NULL, *other = NULL;
  tmli_mask_t *mask = NULL, *untouched = NULL;
  tmli_metrics_t metrics;
  uint8_t bytes[24];
  memset(bytes, 1, sizeof bytes);

  expect("another ABI", tmli_check_abi(TMLI_ABI_VERSION + 1), TMLI_ERROR_ABI_VERSION);
  expect("this ABI", tmli_check_abi(TMLI_ABI_VERSION), 0);
  expect("a panic", tmli_debug_panic(), TMLI_ERROR_PANIC);
  expect("NULL for an error", NULL, 0);

  expect("a size that overflows", tmli_geometry_new(vast, matrix, NULL, &other), TMLI_ERROR_SIZE_OVERFLOW);
  expect("no voxel", tmli_geometry_new(none, matrix, NULL, &other), TMLI_ERROR_EMPTY_SHAPE);
  expect("no place for the result", tmli_geometry_new(shape, matrix, NULL, NULL), TMLI_ERROR_NULL_ARGUMENT);
  expect("text in another encoding", tmli_geometry_new(shape, matrix, "\xff", &other), TMLI_ERROR_TEXT);
  expect("a geometry", tmli_geometry_new(shape, matrix, NULL, &geometry), 0);

  expect("too few bytes", tmli_mask_from_bytes(bytes, 23, geometry, &untouched), TMLI_ERROR_BUFFER_SIZE);
  expect("no bytes", tmli_mask_from_bytes(NULL, 24, geometry, &untouched), TMLI_ERROR_NULL_ARGUMENT);
  expect("no geometry", tmli_mask_from_bytes(bytes, 24, NULL, &untouched), TMLI_ERROR_NULL_ARGUMENT);
  expect("a mask", tmli_mask_from_bytes(bytes, 24, geometry, &mask), 0);
  expect("NULL for a mask", tmli_compare(mask, NULL, NULL, &metrics), TMLI_ERROR_NULL_ARGUMENT);

  tmli_volume_t *volume = NULL;
  int16_t voxels[25] = {0};
  expect("a buffer off its place", tmli_volume_copy((const int16_t *)((const char *)voxels + 1), 24, geometry, &volume),
         TMLI_ERROR_ALIGNMENT);
  expect("a geometry that no memory holds", tmli_geometry_new(large, matrix, NULL, &other), 0);
  tmli_contours_t *contours = NULL;
  expect("no such way to draw holes", tmli_trace(mask, 0, 99, &contours), TMLI_ERROR_OPTION);
  expect("contours", tmli_contours_new(&contours), 0);
  expect("a mask that no memory holds", tmli_rasterise(contours, other, &untouched, NULL), TMLI_ERROR_OUT_OF_MEMORY);
  expect("more points than memory", tmli_contours_add(contours, TMLI_CONTOUR_KIND_POINT, (const double *)&matrix, SIZE_MAX),
         TMLI_ERROR_SIZE_OVERFLOW);
  expect("no such kind", tmli_contours_add(contours, 5, (const double *)&matrix, 1), TMLI_ERROR_OPTION);
  expect("no such contour", tmli_contours_points(contours, 0, (double *)&metrics, 1), TMLI_ERROR_INDEX);
  expect("a PTV of nothing", tmli_ptv(NULL, 0, NULL, NULL, 0, &untouched), TMLI_ERROR_NO_CTV);
  const tmli_ctv_t ctv = {NULL, {1, 1, 1, 1, 1, 1}};
  expect("a CTV that is NULL", tmli_ptv(&ctv, 1, NULL, NULL, 0, &untouched), TMLI_ERROR_NULL_ARGUMENT);

  expect("the body of no volume", tmli_body_mask(NULL, &untouched), TMLI_ERROR_NULL_ARGUMENT);

  tmli_engine_t *engine = NULL;
  tmli_job_t *job = NULL;
  tmli_engine_options_t options = {"/nonexistent/tmli-worker", NULL, -1.0, 0};
  expect("a negative time", tmli_engine_new(&options, &engine), TMLI_ERROR_OPTION);
  options.idle_limit_s = 0;
  expect("an engine", tmli_engine_new(&options, &engine), 0);
  for (int n = 0; n < 25; ++n) voxels[n] = -1000;
  expect("a volume", tmli_volume_copy(voxels, 24, geometry, &volume), 0);
  expect("the body in a volume of air", tmli_body_mask(volume, &untouched), TMLI_ERROR_NO_BODY);
  expect("no model", tmli_engine_segment(engine, volume, NULL, 0, NULL, &job), TMLI_ERROR_OPTION);
  const char *models[] = {"model"};
  expect("no worker", tmli_engine_segment(engine, volume, models, 1, NULL, &job), TMLI_ERROR_WORKER_NOT_FOUND);

  if (untouched != NULL || job != NULL) {
    fprintf(stderr, "an out-parameter was written although the call failed\n");
    wrong = 1;
  }
  tmli_engine_free(engine);
  tmli_volume_free(volume);
  tmli_contours_free(contours);
  tmli_mask_free(mask);
  tmli_geometry_free(other);
  tmli_geometry_free(geometry);
  tmli_geometry_free(NULL);
  return wrong;
}
