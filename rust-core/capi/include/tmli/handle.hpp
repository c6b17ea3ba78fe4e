/**
 * What the classes of tmli.hpp are made of: errors that are thrown, and handles that free themselves.
 */
#ifndef TMLI_HANDLE_HPP
#define TMLI_HANDLE_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../tmli.h"

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

}  // namespace tmli

#endif  // TMLI_HANDLE_HPP
