/**
 * Where voxels are, and Hounsfield units there.
 */
#ifndef TMLI_VOLUME_HPP
#define TMLI_VOLUME_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "handle.hpp"

namespace tmli {

/** Where the voxels of a volume are in the patient. */
class Geometry : public detail::Handle<tmli_geometry_t, tmli_geometry_free> {
public:
  explicit Geometry(tmli_geometry_t* owned) noexcept : Handle(owned) {}
  /** From the shape and the matrix that maps (i, j, k, 1) to LPS mm. */
  Geometry(tmli_shape_t shape, const tmli_matrix_t& lps_from_ijk,
           const std::optional<std::string>& frame_of_reference_uid = std::nullopt)
      : Handle(make([&](auto out) {
          return tmli_geometry_new(shape, lps_from_ijk, detail::text_or_null(frame_of_reference_uid), out);
        })) {}

  tmli_shape_t shape() const {
    return detail::received<tmli_shape_t>([&](auto out) { return tmli_geometry_shape(get(), out); });
  }
  std::size_t voxel_count() const {
    const tmli_shape_t n = shape();
    return n.k * n.j * n.i;
  }
  tmli_spacing_t spacing_mm() const {
    return detail::received<tmli_spacing_t>([&](auto out) { return tmli_geometry_spacing(get(), out); });
  }
  tmli_matrix_t lps_from_ijk() const {
    return detail::received<tmli_matrix_t>([&](auto out) { return tmli_geometry_lps_from_ijk(get(), out); });
  }
  std::optional<std::string> frame_of_reference_uid() const {
    const auto uid = detail::received<const char*>(
        [&](auto out) { return tmli_geometry_frame_of_reference_uid(get(), out); });
    return uid == nullptr ? std::nullopt : std::optional<std::string>(uid);
  }
  bool same_grid(const Geometry& other) const {
    return detail::received<std::uint8_t>(
               [&](auto out) { return tmli_geometry_same_grid(get(), other.get(), out); }) != 0;
  }
};

/** A CT in Hounsfield units. */
class Volume : public detail::Handle<tmli_volume_t, tmli_volume_free> {
public:
  explicit Volume(tmli_volume_t* owned) noexcept : Handle(owned) {}
  /** A volume with a copy of these voxels. */
  static Volume copy(Span<const std::int16_t> voxels_hu, const Geometry& geometry) {
    return Volume(make([&](auto out) {
      return tmli_volume_copy(voxels_hu.data(), voxels_hu.size(), geometry.get(), out);
    }));
  }
  /** A volume that reads the voxels where they are: they must stay, unchanged, as long as it and what shares it. */
  static Volume borrow(Span<const std::int16_t> voxels_hu, const Geometry& geometry) {
    return Volume(make([&](auto out) {
      return tmli_volume_borrow(voxels_hu.data(), voxels_hu.size(), geometry.get(), out);
    }));
  }

  /** A second owner of the same voxels. */
  Volume share() const {
    return Volume(make([&](auto out) { return tmli_volume_share(get(), out); }));
  }
  Geometry geometry() const {
    return Geometry(detail::received<tmli_geometry_t*>([&](auto out) { return tmli_volume_geometry(get(), out); }));
  }
  /** The voxels; they live as long as this volume. */
  Span<const std::int16_t> voxels_hu() const& {
    const std::int16_t* voxels = nullptr;
    std::size_t count = 0;
    detail::check(tmli_volume_voxels(get(), &voxels, &count));
    return {voxels, count};
  }
  Span<const std::int16_t> voxels_hu() && = delete;  // they would be gone
};

}  // namespace tmli

#endif  // TMLI_VOLUME_HPP
