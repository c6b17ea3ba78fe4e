/**
 * Segmentation jobs in the worker process.
 */
#ifndef TMLI_ENGINE_HPP
#define TMLI_ENGINE_HPP

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "segmentation.hpp"

namespace tmli {

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

}  // namespace tmli

#endif  // TMLI_ENGINE_HPP
