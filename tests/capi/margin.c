/* margin: a square of 10 mm in memory of the caller, 5 mm around it, and how far the two are apart. */
#include <stdio.h>
#include <stdlib.h>
#include <tmli.h>

static void check(tmli_error_t *error) {
  if (error == NULL) return;
  fprintf(stderr, "error %d: %s\n%s\n", (int)tmli_error_number(error), tmli_error_message(error), tmli_error_hint(error));
  tmli_error_free(error);
  exit(1);
}

int main(void) {
  static uint8_t bytes[5][40][40]; /* [k, j, i]: slices of 5 mm, pixels of 1 mm */
  const tmli_matrix_t lps_from_ijk = {{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 5, 0}, {0, 0, 0, 1}}};
  tmli_geometry_t *geometry;
  tmli_mask_t *square, *wider;
  tmli_metrics_t metrics;
  for (size_t n = 0; n < 100; ++n) bytes[2][15 + n / 10][15 + n % 10] = 1;
  check(tmli_check_abi(TMLI_ABI_VERSION));
  check(tmli_geometry_new((tmli_shape_t){5, 40, 40}, lps_from_ijk, NULL, &geometry));
  check(tmli_mask_from_bytes(&bytes[0][0][0], sizeof bytes, geometry, &square));
  check(tmli_mask_expand(square, (tmli_margin_t){5, 5, 5, 5, 5, 5}, &wider));
  check(tmli_compare(square, wider, NULL, &metrics));
  printf("%.2f ml, then %.2f ml: DSC %.4f\n", metrics.reference_volume_ml, metrics.prediction_volume_ml, metrics.dsc);
  tmli_mask_free(wider);
  tmli_mask_free(square);
  tmli_geometry_free(geometry);
}
