/**
 * The voxels of structures: margins, planning target volumes, metrics.
 */
#ifndef TMLI_MASK_HPP
#define TMLI_MASK_HPP

#include <cstddef>
#include <cstdint>
#include <vector>

#include "volume.hpp"

namespace tmli {

/** The voxels of one structure. */
class Mask : public detail::Handle<tmli_mask_t, tmli_mask_free> {
public:
  explicit Mask(tmli_mask_t* owned) noexcept : Handle(owned) {}
  /** From one byte for each voxel: 0 is outside, anything else inside. */
  Mask(Span<const std::uint8_t> bytes, const Geometry& geometry)
      : Handle(make([&](auto out) { return tmli_mask_from_bytes(bytes.data(), bytes.size(), geometry.get(), out); })) {}

  /** One byte for each voxel: 1 inside, 0 outside. */
  std::vector<std::uint8_t> bytes() const {
    std::vector<std::uint8_t> bytes(geometry().voxel_count());
    detail::check(tmli_mask_to_bytes(get(), bytes.data(), bytes.size()));
    return bytes;
  }
  std::size_t count() const {
    return detail::received<std::size_t>([&](auto out) { return tmli_mask_count(get(), out); });
  }
  Geometry geometry() const {
    return Geometry(detail::received<tmli_geometry_t*>([&](auto out) { return tmli_mask_geometry(get(), out); }));
  }
  Mask expand(const tmli_margin_t& margin) const {
    return Mask(make([&](auto out) { return tmli_mask_expand(get(), margin, out); }));
  }
  Mask shrink(const tmli_margin_t& margin) const {
    return Mask(make([&](auto out) { return tmli_mask_shrink(get(), margin, out); }));
  }
};

/** The same margin towards all sides. */
inline tmli_margin_t uniform_margin(double mm) { return {mm, mm, mm, mm, mm, mm}; }

/** The patient in a CT, for `ptv` where nobody contoured the body. */
inline Mask body_mask(const Volume& ct) {
  return Mask(detail::received<tmli_mask_t*>([&](auto out) { return tmli_body_mask(ct.get(), out); }));
}

/** A planning target volume: CTVs with their margins, inside of `body` (or nullptr), away from `crop`. */
inline Mask ptv(Span<const tmli_ctv_t> ctvs, const Mask* body = nullptr, Span<const tmli_crop_t> crop = {}) {
  return Mask(detail::received<tmli_mask_t*>([&](auto out) {
    return tmli_ptv(ctvs.data(), ctvs.size(), body ? body->get() : nullptr, crop.data(), crop.size(), out);
  }));
}

/** The metrics that tmli_compare gives when nothing is asked for. */
inline tmli_metric_options_t default_metric_options() {
  return detail::received<tmli_metric_options_t>([](auto out) { return tmli_metric_options_default(out); });
}

inline tmli_metrics_t compare(const Mask& reference, const Mask& prediction,
                              const tmli_metric_options_t& options = default_metric_options()) {
  return detail::received<tmli_metrics_t>(
      [&](auto out) { return tmli_compare(reference.get(), prediction.get(), &options, out); });
}

}  // namespace tmli

#endif  // TMLI_MASK_HPP
