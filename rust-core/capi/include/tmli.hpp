/**
 * TMLI for C++17: tmli.h with handles that free themselves and errors that are thrown. Header only.
 *
 * Every class owns one handle and can be moved, not copied: nothing is freed twice or used after it was freed. A failure
 * throws tmli::Error. Coordinates are LPS millimetres, arrays are [k, j, i] (slice, row, column; i runs fastest). What
 * several threads may do with one object is said at its handle in tmli.h.
 *
 * Each header of the folder tmli can be included alone; this one includes all of them.
 */
#ifndef TMLI_HPP
#define TMLI_HPP

#include <type_traits>

#include "tmli/contours.hpp"
#include "tmli/dicom.hpp"
#include "tmli/engine.hpp"
#include "tmli/handle.hpp"
#include "tmli/mask.hpp"
#include "tmli/segmentation.hpp"
#include "tmli/volume.hpp"

namespace tmli {

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
