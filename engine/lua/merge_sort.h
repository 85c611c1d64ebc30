// A stable sort that stays defined whatever the comparison answers, and may be left by an exception.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace plumb::lua {

// `before(a, b)`: whether item a must stand before item b. n log n calls.
template <class T, class Before>
void merge_sort(std::vector<T>& items, Before before) {
  std::vector<T> other(items.size());
  for (std::size_t width = 1; width < items.size(); width *= 2) {
    for (std::size_t left = 0; left < items.size(); left += 2 * width) {
      const std::size_t middle = std::min(left + width, items.size());
      const std::size_t right = std::min(left + 2 * width, items.size());
      std::size_t a = left;
      std::size_t b = middle;
      for (std::size_t out = left; out < right; ++out) {
        const bool take_b = a == middle || (b < right && before(items[b], items[a]));
        other[out] = std::move(take_b ? items[b++] : items[a++]);
      }
    }
    items.swap(other);
  }
}

}  // namespace plumb::lua
