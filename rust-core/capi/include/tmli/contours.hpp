/**
 * Contours of structures: from voxels, and to voxels.
 */
#ifndef TMLI_CONTOURS_HPP
#define TMLI_CONTOURS_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "mask.hpp"

namespace tmli {

/** A mask, and what was noticed while it was made. */
struct Rasterised;

/** One loop, line or point; points are x, y, z in LPS mm. */
struct Contour {
  std::int32_t kind = TMLI_CONTOUR_KIND_CLOSED_PLANAR;
  std::vector<std::array<double, 3>> points_mm;
};

/** The contours of one structure. */
class Contours : public detail::Handle<tmli_contours_t, tmli_contours_free> {
public:
  explicit Contours(tmli_contours_t* owned) noexcept : Handle(owned) {}
  Contours() : Handle(make([](auto out) { return tmli_contours_new(out); })) {}

  void add(const Contour& contour) {
    const auto* points = contour.points_mm.empty() ? nullptr : contour.points_mm.front().data();
    detail::check(tmli_contours_add(get(), contour.kind, points, contour.points_mm.size()));
  }
  std::size_t size() const {
    return detail::received<std::size_t>([&](auto out) { return tmli_contours_count(get(), out); });
  }
  Contour operator[](std::size_t index) const {
    Contour contour;
    std::size_t points = 0;
    detail::check(tmli_contours_size(get(), index, &contour.kind, &points));
    contour.points_mm.resize(points);
    auto* room = points == 0 ? nullptr : contour.points_mm.front().data();
    detail::check(tmli_contours_points(get(), index, room, points));
    return contour;
  }
  Rasterised rasterise(const Geometry& geometry) const;
};

struct Rasterised {
  Mask mask;
  /** Contours that were left out, moved or cut, in words. */
  std::vector<std::string> findings;
};

inline Rasterised Contours::rasterise(const Geometry& geometry) const {
  tmli_mask_t* mask = nullptr;
  tmli_texts_t* findings = nullptr;
  detail::check(tmli_rasterise(get(), geometry.get(), &mask, &findings));
  Mask owned(mask);
  return {std::move(owned), detail::texts(findings)};
}

/** Loops around a mask; `holes` is one of TMLI_HOLES_... */
inline Contours trace(const Mask& mask, bool smooth = false, std::int32_t holes = TMLI_HOLES_LOOPS) {
  return Contours(detail::received<tmli_contours_t*>(
      [&](auto out) { return tmli_trace(mask.get(), smooth ? 1 : 0, holes, out); }));
}

}  // namespace tmli

#endif  // TMLI_CONTOURS_HPP
