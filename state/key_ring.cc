// The root key of a state: found, made, and replaced by a new one.
#include <utility>

#include "state/local_files.h"
#include "state/transit_key.h"

namespace plumb::statefile {
namespace {

Error wrong_key(const State& state, const std::string& found, const std::string& place) {
  return {"the root key in " + place + " is " + found + ", but the state is sealed under " + state.key_id,
          "put the key " + state.key_id + " there, from its backup",
          {},
          Fault::input};
}

// `transit/keys/plumb`, as state names it; the address and the token are the environment's.
std::optional<TransitSource> source_named(const std::string& by) {
  const std::size_t split = by.rfind("/keys/");
  if (split == std::string::npos || split == 0 || split + 6 >= by.size()) return std::nullopt;
  TransitSource source;
  source.mount = by.substr(0, split);
  source.key = by.substr(split + 6);
  return source;
}

}  // namespace

Result<KeyWrapper*> KeyRing::wrapper(const std::string& by) {
  const std::string name = source_.transit ? std::string() : by;
  auto& made = wrappers_[name];
  if (made == nullptr) {
    const std::optional<TransitSource> source = source_.transit ? source_.transit : source_named(by);
    if (!source)
      return fail("the root key is wrapped by " + by + ", which this Plumb does not know",
                  "use the Plumb that wrote it");
    made = source_.wrapper ? PLUMB_TRY(source_.wrapper(*source, source_.environment))
                           : PLUMB_TRY(transit_wrapper(*source, source_.environment));
  }
  return made.get();
}

Result<std::optional<std::string>> KeyRing::find_wrapped(const State& state) {
  if (root_ && opened_ == state.wrapped_key) return root_;
  if (tried_ == state.wrapped_key) return std::nullopt;
  KeyWrapper* const by = PLUMB_TRY(wrapper(state.wrapped_by));
  auto key = by->open(state.wrapped_key);
  if (!key.has_value()) {
    if (key.error().fault == Fault::input) return fail(std::move(key).error());
    tried_ = state.wrapped_key;
    closed_ = std::move(key).error();
    return std::nullopt;
  }
  if (key_id(*key) != state.key_id) return fail(wrong_key(state, key_id(*key), by->place()));
  root_ = *std::move(key);
  opened_ = state.wrapped_key;
  lineage_ = state.lineage;
  return root_;
}

Result<std::optional<std::string>> KeyRing::find(const State& state) {
  if (!state.wrapped_key.empty()) return find_wrapped(state);
  if (source_.transit && state.key_id.empty()) return std::nullopt;  // made by the first that needs it
  if (!root_ || lineage_ != state.lineage || !opened_.empty()) {
    root_ = PLUMB_TRY(find_root_key(source_, state.lineage));
    lineage_ = state.lineage;
    opened_.clear();
  }
  if (!root_ || state.key_id.empty()) return root_;
  const std::string found = key_id(*root_);
  if (found != state.key_id) {
    // A rekeying that was interrupted, or an older state from the history: its key lies beside the other.
    const auto beside = PLUMB_TRY(find_key_of_id(source_, state.lineage, state.key_id));
    if (beside && key_id(*beside) == state.key_id) root_ = beside;
  }
  if (key_id(*root_) != state.key_id) return fail(wrong_key(state, found, key_place(source_, state.lineage)));
  return root_;
}

Error KeyRing::missing(const State& state) const {
  if (closed_ && tried_ == state.wrapped_key) {
    Error error = *closed_;
    error.message = "the root key " + state.key_id + " cannot be had: " + error.message;
    return error;
  }
  return {"the root key " + state.key_id + " is missing: it was looked for in " + key_place(source_, state.lineage),
          "restore the key from its backup",
          {},
          Fault::environment};
}

std::string KeyRing::note(const State& state) const {
  if (state.key_id.empty()) return {};
  if (closed_ && !tried_.empty() && tried_ == state.wrapped_key) {
    const Error error = missing(state);
    return error.message + "; " + error.next_step;
  }
  if (source_.transit && state.wrapped_key.empty())
    return "`state.key` names a transit key, and the root key of this state lies in " +
           key_place(source_, state.lineage) + ": `plumb state rekey` makes one that is wrapped";
  if (!source_.transit && !state.wrapped_key.empty())
    return "the root key of this state is wrapped by " + state.wrapped_by +
           ", and `state.key` does not say so: `plumb state rekey` makes one in " + key_place(source_, state.lineage);
  return {};
}

Result<KeyRing::Next> KeyRing::make_wrapped() {
  KeyWrapper* const by = PLUMB_TRY(wrapper({}));
  KeyWrapper::Fresh fresh = PLUMB_TRY(by->make());
  return Next{std::move(fresh.key), std::move(fresh.wrapped), by->name()};
}

Result<std::string> KeyRing::ensure(State& state, std::vector<std::string>& notes) {
  if (auto root = PLUMB_TRY(find(state))) {
    if (state.key_id.empty()) {
      state.key_id = key_id(*root);
      notes.push_back("secrets of this state are sealed under the root key " + state.key_id + " (" +
                      key_place(source_, state.lineage) + "); keep a backup of it: without it they cannot be read");
    }
    return *root;
  }
  if (!state.key_id.empty()) return fail(missing(state));
  lineage_ = state.lineage;
  if (source_.transit) {
    Next made = PLUMB_TRY(make_wrapped());
    state.key_id = key_id(made.key);
    state.wrapped_key = opened_ = made.wrapped;
    state.wrapped_by = made.by;
    root_ = std::move(made.key);
    notes.push_back("a root key was made, wrapped by " + PLUMB_TRY(wrapper({}))->place() + " (id " + state.key_id +
                    "). Back the transit key up: without it the secrets of this state cannot be read");
    return *root_;
  }
  std::string where;
  root_ = PLUMB_TRY(make_root_key(source_, state.lineage, where));
  opened_.clear();
  state.key_id = key_id(*root_);
  notes.push_back("a root key was made: " + where + " (id " + state.key_id +
                  "). Back it up: without it the secrets of this state cannot be read");
  return *root_;
}

Result<KeyRing::Next> KeyRing::next(const State& state) {
  if (source_.transit) return make_wrapped();
  if (state.wrapped_key.empty()) return Next{PLUMB_TRY(make_next_key(source_, state.lineage)), {}, {}};
  // It moves here: what is there already, or what the first key would be.
  if (auto there = PLUMB_TRY(find_root_key(source_, state.lineage))) return Next{*std::move(there), {}, {}};
  std::string where;
  return Next{PLUMB_TRY(make_root_key(source_, state.lineage, where)), {}, {}};
}

Result<void> KeyRing::settle(const State& before, const Next& next, std::vector<std::string>& notes) {
  const std::string old = std::exchange(*root_, next.key);
  opened_ = next.wrapped;
  if (!next.wrapped.empty()) {
    if (before.wrapped_key.empty()) {
      notes.push_back("the old key " + before.key_id + " stays in " + key_place(source_, before.lineage) +
                      ": keep it for older states in the history");
    }
    return {};
  }
  if (before.wrapped_key.empty()) return settle_next_key(source_, before.lineage, old, next.key, notes);
  notes.push_back(
      "from now on the root key lies in " + key_place(source_, before.lineage) +
      ". Back it up: without it the secrets of this state cannot be read; older states in the history need " +
      before.wrapped_by);
  return {};
}

}  // namespace plumb::statefile
