// Which records move when one address becomes another: `plumb state mv`.
#pragma once

#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "state/state.h"

namespace plumb::cli {

using Moves = std::vector<std::pair<Address, Address>>;

// Every record that `from` covers, with where it goes, in order of address. Between names, keys and modules: a module
// or a resource takes all below it along, with its keys. Errors: nothing is there, something is at the new place, the
// two are of different types, the same, or data sources, or an interrupted change is not settled.
Result<Moves> moves_between(const State& state, const Address& from, const Address& to);

}  // namespace plumb::cli
