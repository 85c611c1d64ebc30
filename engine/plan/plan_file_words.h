// Enumerations as words, for plan files. Internal to plan/.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "engine/plan/session.h"

namespace plumb::planfile {

template <class Enum, std::size_t N>
using Words = std::array<std::pair<Enum, std::string_view>, N>;

inline constexpr Words<Action, 11> kActions{{{Action::no_op, "no-op"},
                                             {Action::create, "create"},
                                             {Action::update, "update"},
                                             {Action::replace, "replace"},
                                             {Action::remove, "delete"},
                                             {Action::forget, "forget"},
                                             {Action::adopt, "adopt"},
                                             {Action::read, "read"},
                                             {Action::record, "record"},
                                             {Action::deferred, "deferred"},
                                             {Action::blocked, "blocked"}}};
inline constexpr Words<Why, 7> kWhys{{{Why::configuration, "configuration"},
                                      {Why::drift, "drift"},
                                      {Why::unset, "unset"},
                                      {Why::released, "released"},
                                      {Why::upstream, "upstream"},
                                      {Why::outside, "outside"},
                                      {Why::elapsed, "elapsed"}}};
inline constexpr Words<DriftEntry::Kind, 4> kDrifts{{{DriftEntry::Kind::changed, "changed"},
                                                     {DriftEntry::Kind::missing, "missing"},
                                                     {DriftEntry::Kind::replaced_outside, "replaced_outside"},
                                                     {DriftEntry::Kind::renamed_outside, "renamed_outside"}}};
inline constexpr Words<CheckResult::Status, 3> kStatuses{{{CheckResult::Status::passed, "passed"},
                                                          {CheckResult::Status::failed, "failed"},
                                                          {CheckResult::Status::unknown, "unknown"}}};
inline constexpr Words<StepKind, 7> kSteps{{{StepKind::create, "create"},
                                            {StepKind::update, "update"},
                                            {StepKind::remove, "delete"},
                                            {StepKind::adopt, "adopt"},
                                            {StepKind::forget, "forget"},
                                            {StepKind::record, "record"},
                                            {StepKind::read, "read"}}};
inline constexpr Words<PlanMode, 2> kModes{{{PlanMode::normal, "normal"}, {PlanMode::destroy, "destroy"}}};
inline constexpr Words<Refresh, 3> kRefreshes{
    {{Refresh::full, "full"}, {Refresh::changed, "changed"}, {Refresh::none, "none"}}};

template <class Table, class Enum>
constexpr std::string_view word_of(const Table& table, Enum value) {
  for (const auto& [one, word] : table) {
    if (one == value) return word;
  }
  return {};
}

}  // namespace plumb::planfile
