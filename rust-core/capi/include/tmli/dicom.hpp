/**
 * CT series and RT Structure Sets as DICOM files.
 */
#ifndef TMLI_DICOM_HPP
#define TMLI_DICOM_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "contours.hpp"
#include "segmentation.hpp"

namespace tmli {

/** A CT series that was read from DICOM files. */
class CtSeries : public detail::Handle<tmli_ct_series_t, tmli_ct_series_free> {
public:
  explicit CtSeries(tmli_ct_series_t* owned) noexcept : Handle(owned) {}
  static CtSeries read(const std::string& folder, const std::optional<std::string>& series_uid = std::nullopt) {
    return CtSeries(make([&](auto out) {
      return tmli_ct_series_read(folder.c_str(), detail::text_or_null(series_uid), out);
    }));
  }

  Volume volume() const {
    return Volume(detail::received<tmli_volume_t*>([&](auto out) { return tmli_ct_series_volume(get(), out); }));
  }
  std::string uid() const {
    return detail::received<const char*>([&](auto out) { return tmli_ct_series_uid(get(), out); });
  }
  std::string patient_position() const {
    return detail::received<const char*>([&](auto out) { return tmli_ct_series_patient_position(get(), out); });
  }
  std::vector<std::string> findings() const {
    return detail::texts(
        detail::received<tmli_texts_t*>([&](auto out) { return tmli_ct_series_findings(get(), out); }));
  }
};

/** An RT Structure Set. */
class StructureSet : public detail::Handle<tmli_structure_set_t, tmli_structure_set_free> {
public:
  explicit StructureSet(tmli_structure_set_t* owned) noexcept : Handle(owned) {}
  /** Reads a file; an error when it does not belong to the series (nullptr: not checked). */
  static StructureSet read(const std::string& file, const CtSeries* series = nullptr) {
    return StructureSet(make([&](auto out) {
      return tmli_structure_set_read(file.c_str(), series ? series->get() : nullptr, out);
    }));
  }
  /** What `write` does when nothing is asked for. */
  static tmli_structure_set_options_t default_options() {
    return detail::received<tmli_structure_set_options_t>(
        [](auto out) { return tmli_structure_set_options_default(out); });
  }
  /** Writes a file and returns the names of structures that are not in it because they have no voxel. */
  static std::vector<std::string> write(const std::string& file, const CtSeries& series,
                                        const Segmentation& segmentation,
                                        const tmli_structure_set_options_t& options = default_options()) {
    return detail::texts(detail::received<tmli_texts_t*>([&](auto out) {
      return tmli_structure_set_write(file.c_str(), series.get(), segmentation.get(), &options, out);
    }));
  }

  std::string label() const {
    return detail::received<const char*>([&](auto out) { return tmli_structure_set_label(get(), out); });
  }
  std::vector<std::string> findings() const {
    return detail::texts(
        detail::received<tmli_texts_t*>([&](auto out) { return tmli_structure_set_findings(get(), out); }));
  }
  std::size_t size() const {
    return detail::received<std::size_t>([&](auto out) { return tmli_structure_set_count(get(), out); });
  }
  std::size_t find(const std::string& name) const {
    return detail::received<std::size_t>(
        [&](auto out) { return tmli_structure_set_find(get(), name.c_str(), out); });
  }
  /** The texts live as long as this structure set. */
  tmli_roi_t roi(std::size_t index) const {
    return detail::received<tmli_roi_t>([&](auto out) { return tmli_structure_set_roi(get(), index, out); });
  }
  Contours contours(std::size_t index) const {
    return Contours(detail::received<tmli_contours_t*>(
        [&](auto out) { return tmli_structure_set_contours(get(), index, out); }));
  }
};

}  // namespace tmli

#endif  // TMLI_DICOM_HPP
