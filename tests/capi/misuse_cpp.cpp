// In C++ errors are thrown, what was moved away is told, and nothing can be freed twice: copies do not compile.
#include <functional>
#include <iostream>
#include <tmli.hpp>

static_assert(!std::is_copy_constructible_v<tmli::Mask> && !std::is_copy_assignable_v<tmli::Mask>);
static_assert(std::is_nothrow_move_constructible_v<tmli::Mask> && std::is_nothrow_move_assignable_v<tmli::Mask>);

static bool throws(std::int32_t number, const std::function<void()>& work) {
  try {
    work();
  } catch (const tmli::Error& error) {
    if (error.number() == number && error.what()[0] != '\0' && !error.hint().empty()) return true;
    std::cerr << "expected error " << number << ", got " << error.number() << ": " << error.what() << '\n';
    return false;
  }
  std::cerr << "error " << number << " was not thrown\n";
  return false;
}

int main() {
  const tmli_matrix_t matrix{{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 5, 0}, {0, 0, 0, 1}}};
  const tmli::Geometry geometry({2, 3, 4}, matrix, "1.2.3");
  const std::vector<std::uint8_t> bytes(24, 1);
  tmli::Mask mask(bytes, geometry);
  const tmli::Mask moved = std::move(mask);
  bool right = moved.bytes() == bytes && geometry.frame_of_reference_uid() == "1.2.3" && moved.count() == 24;

  right &= throws(TMLI_ERROR_NULL_ARGUMENT, [&] { mask.count(); });  // NOLINT: what was moved away is told
  right &= throws(TMLI_ERROR_PANIC, [] { tmli::detail::check(tmli_debug_panic()); });
  right &= throws(TMLI_ERROR_GRIDS_DIFFER, [&] {
    const tmli::Geometry elsewhere({2, 3, 4}, matrix, "1.2.4");
    tmli::compare(moved, tmli::Mask(bytes, elsewhere));
  });
  right &= throws(TMLI_ERROR_FOLDER, [] { tmli::CtSeries::read("/nonexistent"); });
  right &= throws(TMLI_ERROR_NAME, [&] {
    tmli::Segmentation segmentation(geometry);
    segmentation.add("Liver", moved);
    segmentation.add("Liver", moved);
  });

  // Numbers name the convention that they were measured by.
  auto options = tmli::default_metric_options();
  options.profile = TMLI_PROFILE_SLICER_RT;
  const auto metrics = tmli::compare(moved, moved, options);
  right &= metrics.options.profile == TMLI_PROFILE_SLICER_RT && metrics.options.tolerance_mm == 2.0;

  const tmli::Protocol protocol;
  right &= std::string(protocol[protocol.find("linke Niere")].name) == "Kidney_L";
  return right ? 0 : 1;
}
