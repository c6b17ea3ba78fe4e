/**
 * TMLI for C++17: tmli.h with handles that free themselves and errors that are thrown. Header only.
 *
 * Every class owns one handle and can be moved, not copied: nothing is freed twice or used after it was freed. A failure
 * throws tmli::Error. Coordinates are LPS millimetres, arrays are [k, j, i] (slice, row, column; i runs fastest). What
 * several threads may do with one object is said at its handle in tmli.h.
 */
#ifndef TMLI_HPP
#define TMLI_HPP

#include "tmli.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace tmli {

/** An error of TMLI: what() says what happened. */
class Error : public std::runtime_error {
public:
  Error(std::int32_t number, const std::string& message, std::string hint)
      : std::runtime_error(message), number_(number), hint_(std::move(hint)) {}

  /** One of TMLI_ERROR_... */
  std::int32_t number() const noexcept { return number_; }
  /** What to do. */
  const std::string& hint() const noexcept { return hint_; }

private:
  std::int32_t number_;
  std::string hint_;
};

/** Memory of the caller: a pointer and how many values are there. */
template <class T>
class Span {
public:
  constexpr Span() noexcept = default;
  constexpr Span(T* data, std::size_t size) noexcept : data_(data), size_(size) {}
  template <class Container, class = decltype(std::declval<Container&>().data())>
  constexpr Span(Container& values) noexcept : data_(values.data()), size_(values.size()) {}

  constexpr T* data() const noexcept { return data_; }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr T* begin() const noexcept { return data_; }
  constexpr T* end() const noexcept { return data_ + size_; }
  constexpr T& operator[](std::size_t n) const noexcept { return data_[n]; }

private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

namespace detail {

/** Throws what a call returned, unless it succeeded. */
inline void check(tmli_error_t* error) {
  if (error == nullptr) return;
  const std::unique_ptr<tmli_error_t, decltype(&tmli_error_free)> owned(error, &tmli_error_free);
  throw Error(tmli_error_number(error), tmli_error_message(error), tmli_error_hint(error));
}

/** Throws when the library is not the one that this header belongs to; looks once. */
inline void check_library() {
  static const bool fits = (check(tmli_check_abi(TMLI_ABI_VERSION)), true);
  static_cast<void>(fits);
}

/** What a call writes to its one out-parameter. */
template <class T, class Call>
T received(Call&& call) {
  check_library();
  T value{};
  check(call(&value));
  return value;
}

/** The owner of one handle. */
template <class T, void (*Free)(T*)>
class Handle {
public:
  /** For functions of tmli.h; stays this object's. */
  T* get() const noexcept { return handle_.get(); }

protected:
  explicit Handle(T* handle) noexcept : handle_(handle) {}
  template <class Call>
  static T* make(Call&& call) {
    return received<T*>(std::forward<Call>(call));
  }

private:
  struct Freer {
    void operator()(T* handle) const noexcept { Free(handle); }
  };
  std::unique_ptr<T, Freer> handle_;
};

/** A list of texts, which is freed. */
inline std::vector<std::string> texts(tmli_texts_t* list) {
  const std::unique_ptr<tmli_texts_t, decltype(&tmli_texts_free)> owned(list, &tmli_texts_free);
  const auto count = received<std::size_t>([&](auto out) { return tmli_texts_count(list, out); });
  std::vector<std::string> texts;
  for (std::size_t n = 0; n < count; ++n) {
    texts.emplace_back(received<const char*>([&](auto out) { return tmli_texts_get(list, n, out); }));
  }
  return texts;
}

inline const char* text_or_null(const std::optional<std::string>& text) { return text ? text->c_str() : nullptr; }

}  // namespace detail

/** The version of the library, e.g. "0.1.0". */
inline std::string version() { return tmli_version(); }

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

/** What a job found. */
class Result : public detail::Handle<tmli_result_t, tmli_result_free> {
public:
  explicit Result(tmli_result_t* owned) noexcept : Handle(owned) {}

  Segmentation segmentation() const {
    return Segmentation(
        detail::received<tmli_segmentation_t*>([&](auto out) { return tmli_result_segmentation(get(), out); }));
  }
  /** The texts live as long as this result. */
  tmli_source_t source(std::size_t index) const {
    return detail::received<tmli_source_t>([&](auto out) { return tmli_result_source(get(), index, out); });
  }
  std::vector<std::string> notes() const {
    return detail::texts(detail::received<tmli_texts_t*>([&](auto out) { return tmli_result_notes(get(), out); }));
  }
  /** The device that computed, with the reason. */
  std::string device() const { return device_and_seconds().first; }
  double seconds() const { return device_and_seconds().second; }

private:
  std::pair<std::string, double> device_and_seconds() const {
    const char* device = nullptr;
    double seconds = 0;
    detail::check(tmli_result_device(get(), &device, &seconds));
    return {device, seconds};
  }
};

/** A segmentation that was asked for. It goes on when this object is gone; cancel() ends it. */
class Job : public detail::Handle<tmli_job_t, tmli_job_free> {
public:
  explicit Job(tmli_job_t* owned) noexcept : Handle(owned) {}

  /** How far it is; never waits. */
  tmli_job_status_t poll() const {
    return detail::received<tmli_job_status_t>([&](auto out) { return tmli_job_poll(get(), out); });
  }
  /** Waits for its end, for `limit_s` seconds at most. */
  tmli_job_status_t wait(double limit_s) const {
    return detail::received<tmli_job_status_t>([&](auto out) { return tmli_job_wait(get(), limit_s, out); });
  }
  void cancel() const { detail::check(tmli_job_cancel(get())); }
  /** The result, once. */
  Result take() const {
    return Result(detail::received<tmli_result_t*>([&](auto out) { return tmli_job_take(get(), out); }));
  }
};

/** What a worker is and can. */
class Worker : public detail::Handle<tmli_worker_t, tmli_worker_free> {
public:
  explicit Worker(tmli_worker_t* owned) noexcept : Handle(owned) {}

  /** The texts live as long as this description. */
  tmli_worker_info_t info() const {
    return detail::received<tmli_worker_info_t>([&](auto out) { return tmli_worker_info(get(), out); });
  }
  /** The texts live as long as this description. */
  tmli_device_t device(std::size_t index) const {
    return detail::received<tmli_device_t>([&](auto out) { return tmli_worker_device(get(), index, out); });
  }
};

/** What starts segmentation jobs, in a worker process. */
class Engine : public detail::Handle<tmli_engine_t, tmli_engine_free> {
public:
  explicit Engine(const tmli_engine_options_t& options = {})
      : Handle(make([&](auto out) { return tmli_engine_new(&options, out); })) {}

  /** What `segment` does when nothing is asked for. */
  static tmli_segment_options_t default_options() {
    return detail::received<tmli_segment_options_t>([](auto out) { return tmli_segment_options_default(out); });
  }
  /** Starts a job with these model folders and returns at once. */
  Job segment(const Volume& volume, const std::vector<std::string>& models,
              const tmli_segment_options_t& options = default_options()) const {
    std::vector<const char*> folders;
    for (const std::string& model : models) folders.push_back(model.c_str());
    return Job(detail::received<tmli_job_t*>([&](auto out) {
      return tmli_engine_segment(get(), volume.get(), folders.data(), folders.size(), &options, out);
    }));
  }
  Worker describe() const {
    return Worker(detail::received<tmli_worker_t*>([&](auto out) { return tmli_engine_describe(get(), out); }));
  }
  void stop() const { detail::check(tmli_engine_stop(get())); }
};

namespace detail {
template <class... Handles>
constexpr bool owned_once = ((std::is_nothrow_move_constructible_v<Handles> && !std::is_copy_constructible_v<Handles> &&
                              !std::is_copy_assignable_v<Handles>) && ...);
static_assert(owned_once<Geometry, Volume, Mask, Contours, CtSeries, Segmentation, StructureSet, Protocol, Result, Job,
                         Worker, Engine>,
              "a handle has one owner, so it is freed once");
}  // namespace detail

}  // namespace tmli

#endif  // TMLI_HPP
