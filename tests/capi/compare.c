/* compare CT_FOLDER RTSTRUCT ROI: the ROI's voxels, traced and rasterised again, against themselves. */
#include <stdio.h>
#include <tmli.h>

static int failed(tmli_error_t *error) {
  if (error == NULL) return 0;
  fprintf(stderr, "error %d: %s\n%s\n", (int)tmli_error_number(error), tmli_error_message(error), tmli_error_hint(error));
  tmli_error_free(error);
  return 1;
}

int main(int count, char **words) {
  tmli_ct_series_t *series = NULL;
  tmli_volume_t *volume = NULL;
  tmli_geometry_t *geometry = NULL;
  tmli_structure_set_t *set = NULL;
  tmli_contours_t *drawn = NULL, *traced = NULL;
  tmli_mask_t *reference = NULL, *prediction = NULL;
  tmli_metrics_t metrics;
  size_t roi = 0;
  int ended = count != 4 || failed(tmli_check_abi(TMLI_ABI_VERSION)) ||
              failed(tmli_ct_series_read(words[1], NULL, &series)) || failed(tmli_ct_series_volume(series, &volume)) ||
              failed(tmli_volume_geometry(volume, &geometry)) || failed(tmli_structure_set_read(words[2], series, &set)) ||
              failed(tmli_structure_set_find(set, words[3], &roi)) ||
              failed(tmli_structure_set_contours(set, roi, &drawn)) ||
              failed(tmli_rasterise(drawn, geometry, &reference, NULL)) ||
              failed(tmli_trace(reference, 1, TMLI_HOLES_LOOPS, &traced)) ||
              failed(tmli_rasterise(traced, geometry, &prediction, NULL)) ||
              failed(tmli_compare(reference, prediction, NULL, &metrics));
  if (!ended) printf("%s: DSC %.3f, HD95 %.2f mm, %.2f ml\n", words[3], metrics.dsc, metrics.hd95_mm, metrics.reference_volume_ml);
  tmli_mask_free(prediction);
  tmli_mask_free(reference);
  tmli_contours_free(traced);
  tmli_contours_free(drawn);
  tmli_structure_set_free(set);
  tmli_geometry_free(geometry);
  tmli_volume_free(volume);
  tmli_ct_series_free(series);
  return ended;
}
