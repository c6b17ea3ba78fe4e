/**
 * Structures by name: masks on one grid, and what the TMLI protocol says of them.
 */
#ifndef TMLI_SEGMENTATION_HPP
#define TMLI_SEGMENTATION_HPP

#include <cstddef>
#include <string>

#include "mask.hpp"

namespace tmli {

/** Named masks on one geometry. */
class Segmentation : public detail::Handle<tmli_segmentation_t, tmli_segmentation_free> {
public:
  explicit Segmentation(tmli_segmentation_t* owned) noexcept : Handle(owned) {}
  explicit Segmentation(const Geometry& geometry)
      : Handle(make([&](auto out) { return tmli_segmentation_new(geometry.get(), out); })) {}

  void add(const std::string& name, const Mask& mask) {
    detail::check(tmli_segmentation_add(get(), name.c_str(), mask.get()));
  }
  std::size_t size() const {
    return detail::received<std::size_t>([&](auto out) { return tmli_segmentation_count(get(), out); });
  }
  std::string name(std::size_t index) const {
    return detail::received<const char*>([&](auto out) { return tmli_segmentation_name(get(), index, out); });
  }
  Mask mask(std::size_t index) const {
    return Mask(detail::received<tmli_mask_t*>([&](auto out) { return tmli_segmentation_mask(get(), index, out); }));
  }
  Mask mask(const std::string& name) const {
    return Mask(detail::received<tmli_mask_t*>(
        [&](auto out) { return tmli_segmentation_mask_named(get(), name.c_str(), out); }));
  }
};

/** The structures of the TMLI protocol. */
class Protocol : public detail::Handle<tmli_protocol_t, tmli_protocol_free> {
public:
  Protocol() : Handle(make([](auto out) { return tmli_protocol_new(out); })) {}

  std::size_t size() const {
    return detail::received<std::size_t>([&](auto out) { return tmli_protocol_count(get(), out); });
  }
  /** The texts live as long as this protocol. */
  tmli_structure_t operator[](std::size_t index) const {
    return detail::received<tmli_structure_t>([&](auto out) { return tmli_protocol_structure(get(), index, out); });
  }
  /** The structure that a hospital calls so. */
  std::size_t find(const std::string& roi_name) const {
    return detail::received<std::size_t>(
        [&](auto out) { return tmli_protocol_find(get(), roi_name.c_str(), out); });
  }
};

}  // namespace tmli

#endif  // TMLI_SEGMENTATION_HPP
