#include "engine/plan/three_way.h"

#include <algorithm>

#include "engine/model/digest.h"

namespace plumb {

namespace {

bool in_list(const std::vector<Path>& paths, const Path& path) {
  return std::any_of(paths.begin(), paths.end(), [&](const Path& p) { return p.covers(path); });
}

// One attribute on its way through the comparison.
// Stands for a secret that is known to be another one. Never sent, never equal to one: a control byte is in no secret.
Value another_secret() { return Value(std::string("\x01 another")).with_sensitive(); }

class AttributeComparison {
 public:
  AttributeComparison(const ThreeWayInput& input, const Attribute& attribute, ThreeWayResult& out)
      : in_(input), attribute_(attribute), out_(out), path_(attribute.name) {
    if (const Value* desired = in_.desired->find(attribute.name)) set_ = *desired;
    if (in_.record != nullptr) prior_ = in_.record->attributes.get(attribute.name);
    live_ = in_.live != nullptr ? in_.live->value.get(attribute.name) : prior_;
    unread_ = in_.live != nullptr && in_list(in_.live->unread, path_);
    if (const std::string* evidence = find_evidence()) evidence_ = evidence;
    managed_before_ =
        in_.record != nullptr && std::any_of(in_.record->managed.begin(), in_.record->managed.end(),
                                             [&](const Path& path) { return path.root() == attribute_.name; });
  }

  // The planned value of the attribute.
  Value run() {
    if (!attribute_.required && !attribute_.optional) return live_;
    Why cause = Why::configuration;
    Value want = set_;
    if (set_.is_null()) {
      cause = Why::unset;
      if (attribute_.default_value) {
        want = *attribute_.default_value;
      } else if (attribute_.computed) {
        if (!managed_before_) return live_;  // never set: not ours
        if (!attribute_.unsettable) {
          out_.released.push_back(path_);
          return live_;
        }
      }
    }
    note_drift();
    const std::size_t told = out_.drift.size();
    const bool secret = is_secret(want);
    Value base = attribute_.local ? restored_prior(want) : secret ? secret_base(want) : live_;
    // Of secrets, drift is found while they are compared.
    out_.drift.erase(std::remove_if(out_.drift.begin() + static_cast<std::ptrdiff_t>(told), out_.drift.end(),
                                    [&](const PathChange& drifted) { return ignored(drifted.path); }),
                     out_.drift.end());
    if (attribute_.computed && want.is_map() && base.is_map() && !secret) want = merge_free_keys(base, want);
    // Only a create uses them: what an object taken in was made with is not told by the server.
    if (attribute_.create_only || (attribute_.local && in_.record == nullptr)) return want;
    return plan_changes(base, want, cause);
  }

 private:
  const std::string* find_evidence() const {
    if (in_.live == nullptr) return nullptr;
    const auto it = in_.live->evidence.find(path_);
    return it == in_.live->evidence.end() ? nullptr : &it->second;
  }

  bool is_secret(const Value& want) const { return attribute_.sensitive || want.any_sensitive(); }

  // Drift is about what we answered for last time.
  void note_drift() {
    if (in_.record == nullptr || in_.live == nullptr || attribute_.local || attribute_.create_only || unread_) return;
    if (attribute_.computed && !managed_before_ && !attribute_.default_value) return;
    if (attribute_.sensitive || attribute_.write_only || has_digest()) return;  // see secret_base
    if (in_.record->attributes.find(attribute_.name) == nullptr && !managed_before_ && live_.is_null()) return;
    for (PathChange& change : diff_attribute(prior_, live_, attribute_)) {
      if (ignored(change.path)) continue;
      if (attribute_.computed && !in_list(in_.record->managed, change.path)) continue;  // a free key that is not ours
      out_.drift.push_back(std::move(change));
    }
  }

  bool has_digest() const {
    const auto& digests = in_.record->digests;
    return std::any_of(digests.begin(), digests.end(), [&](const auto& entry) { return path_.covers(entry.first); });
  }

  // Prior with its secrets put back where the digest says that they have not changed; elsewhere something that differs.
  Value restored_prior(const Value& want) {
    if (in_.record == nullptr) return prior_;
    if (want.is_null() && has_digest()) return Value::unknown().with_sensitive();  // there was one, and it goes
    Value base = prior_;
    for (const auto& [path, leaf] : secret_leaves(want, path_)) {
      const Value known = same_as_digest(path, leaf) ? leaf : another_secret();
      const Path below(std::vector<PathStep>(path.steps().begin() + 1, path.steps().end()));
      base = below.empty() ? known : with_value_at(base, below, known);
    }
    return base;
  }

  bool same_as_digest(const Path& path, const Value& leaf) {
    const auto it = in_.record->digests.find(path);
    if (it == in_.record->digests.end()) return false;
    if (leaf.any_unknown()) return false;
    const bool comparable = leaf.fully_known() && in_.digest_key->has_value() && !it->second.empty();
    if (!comparable) {
      // Without the key equal inputs mean no change, and short values are never digested.
      out_.not_verified.push_back(path);
      return true;
    }
    return value_digest(**in_.digest_key, leaf) == it->second;
  }

  // What to hold a secret against: what the server gives back, what it can verify, or else the digest of what was sent.
  Value secret_base(const Value& want) {
    const Value differs = another_secret();
    if (in_.live == nullptr) return restored_prior(want);
    if (evidence_ != nullptr) return evidence_base(want, differs);
    if (unread_) {
      if (in_.record == nullptr) {
        out_.not_verified.push_back(path_);
        return want;
      }
      Value base = restored_prior(want);
      out_.not_verified.push_back(path_);
      return base;
    }
    if (attribute_.write_only && live_.is_null()) {
      // The server says that there is none.
      if (managed_before_ && !want.is_null()) out_.drift.push_back({path_, differs, Value()});
      return live_;
    }
    Value base = live_;
    for (const auto& [path, leaf] : secret_leaves(want, path_)) {
      const Path below(std::vector<PathStep>(path.steps().begin() + 1, path.steps().end()));
      if (const auto there = value_at(base, below)) base = with_value_at(base, below, there->with_sensitive());
    }
    return base;
  }

  Value evidence_base(const Value& want, const Value& differs) {
    if (want.is_null() || want.any_unknown()) return differs;
    const bool key = in_.digest_key->has_value();
    std::string recorded_evidence, recorded_input;
    if (in_.record != nullptr) {
      if (const auto it = in_.record->evidence.find(path_); it != in_.record->evidence.end())
        recorded_evidence = it->second;
      if (const auto it = in_.record->digests.find(path_); it != in_.record->digests.end()) recorded_input = it->second;
    }
    const bool server_moved =
        key && !recorded_evidence.empty() && bytes_digest(**in_.digest_key, *evidence_) != recorded_evidence;
    if (!want.fully_known()) {  // the key is gone
      out_.not_verified.push_back(path_);
      return in_.record != nullptr ? want : differs;
    }
    const bool input_same = key && !recorded_input.empty() && value_digest(**in_.digest_key, want) == recorded_input;
    if (input_same && !server_moved && !recorded_evidence.empty()) return want;
    const bool same = in_.provider != nullptr && in_.provider->verify(*in_.type, path_, want, *evidence_);
    if (!same && server_moved) out_.drift.push_back({path_, want.with_sensitive(), differs});
    return same ? want : differs;
  }

  // Keys of a computed map that configuration never named are left alone; those it named before and no longer does go.
  Value merge_free_keys(const Value& base, const Value& want) const {
    ValueMap merged = want.as_map();
    for (const auto& [key, value] : base.as_map()) {
      if (merged.contains(key)) continue;
      const bool ours = in_.record != nullptr && in_list(in_.record->managed, path_ / key);
      if (!ours) merged.set(key, value);
    }
    return Value(std::move(merged));
  }

  bool ignored(const Path& path) const {
    const auto covers = [&](const Path& glob) { return glob.glob_covers(path); };
    if (std::any_of(in_.ignore->begin(), in_.ignore->end(), covers)) return true;
    if (in_.hide == nullptr || !std::any_of(in_.hide->begin(), in_.hide->end(), covers)) return false;
    out_.hidden.push_back(path);
    return true;
  }

  Value plan_changes(const Value& base, Value want, Why cause) {
    for (PathChange& change : diff_attribute(base, want, attribute_)) {
      if (ignored(change.path) && (in_.record != nullptr || in_.live != nullptr)) {
        const Path below(std::vector<PathStep>(change.path.steps().begin() + 1, change.path.steps().end()));
        want = below.empty() ? base : with_value_at(want, below, value_at(base, below).value_or(Value()));
        continue;
      }
      PlannedPath planned{change.path, change.before, change.after, why_of(change, cause), {}, {}, false};
      if (attribute_.immutable) {
        planned.forces_replacement = true;
        out_.replace = true;
      }
      out_.paths.push_back(std::move(planned));
    }
    return want;
  }

  Why why_of(const PathChange& change, Why cause) const {
    if (in_.record == nullptr) return Why::outside;
    for (const PathChange& drifted : out_.drift) {
      if (!drifted.path.covers(change.path) && !change.path.covers(drifted.path)) continue;
      // Drift, if configuration still says what was applied.
      const Path below(std::vector<PathStep>(change.path.steps().begin() + 1, change.path.steps().end()));
      const Value prior = value_at(prior_, below).value_or(Value());
      if (attribute_.sensitive || prior == change.after || equivalent(prior, change.after, attribute_))
        return Why::drift;
    }
    return cause;
  }

  const ThreeWayInput& in_;
  const Attribute& attribute_;
  ThreeWayResult& out_;
  Path path_;
  Value set_, prior_, live_;
  bool unread_ = false, managed_before_ = false;
  const std::string* evidence_ = nullptr;
};

}  // namespace

ThreeWayResult three_way(const ThreeWayInput& input) {
  ThreeWayResult out;
  std::vector<ValueMap::Entry> entries;
  entries.reserve(input.type->attributes.size());
  for (const Attribute& attribute : input.type->attributes) {
    entries.emplace_back(attribute.name, AttributeComparison(input, attribute, out).run());
  }
  ValueMap planned = ValueMap::from(std::move(entries));
  for (const Attribute& attribute : input.type->attributes) {
    if (attribute.follows.empty()) continue;
    const bool moves = std::any_of(out.paths.begin(), out.paths.end(),
                                   [&](const PlannedPath& path) { return path.path.root() == attribute.follows; });
    if (moves) planned.set(attribute.name, Value::unknown());
  }
  out.planned = Value(std::move(planned));
  std::sort(out.paths.begin(), out.paths.end(),
            [](const PlannedPath& a, const PlannedPath& b) { return a.path < b.path; });
  std::sort(out.drift.begin(), out.drift.end(),
            [](const PathChange& a, const PathChange& b) { return a.path < b.path; });
  return out;
}

Value planned_create(const TypeSchema& type, const Value& desired) {
  std::vector<ValueMap::Entry> entries;
  entries.reserve(type.attributes.size());
  for (const Attribute& attribute : type.attributes) {
    const Value* set = desired.find(attribute.name);
    if (set != nullptr && !set->is_null()) {
      entries.emplace_back(attribute.name, *set);
    } else if (attribute.default_value) {
      entries.emplace_back(attribute.name, *attribute.default_value);
    } else if (attribute.computed || attribute.server_default) {
      // A write-only attribute that nobody set stays unset: the server will not invent it.
      Value open = attribute.write_only ? Value() : Value::unknown();
      entries.emplace_back(attribute.name, attribute.sensitive && !open.is_null() ? open.with_sensitive() : open);
    } else {
      entries.emplace_back(attribute.name, Value());
    }
  }
  return Value(ValueMap::from(std::move(entries)));
}

std::vector<std::pair<Path, Value>> secret_leaves(const Value& value, const Path& root) {
  std::vector<std::pair<Path, Value>> out;
  if (!value.any_sensitive()) return out;
  std::vector<std::pair<Path, Value>> open{{root, value}};
  while (!open.empty()) {
    auto [path, at] = std::move(open.back());
    open.pop_back();
    if (at.sensitive()) {
      out.emplace_back(std::move(path), std::move(at));
    } else if (at.is_list()) {
      for (std::size_t i = 0; i < at.as_list().size(); ++i) {
        if (at.as_list()[i].any_sensitive()) open.emplace_back(path / static_cast<std::int64_t>(i), at.as_list()[i]);
      }
    } else if (at.is_map()) {
      for (const auto& [key, item] : at.as_map()) {
        if (item.any_sensitive()) open.emplace_back(path / key, item);
      }
    }
  }
  return out;
}

Value kept_attributes(const TypeSchema& type, const Value& attributes, const Value& desired) {
  std::vector<ValueMap::Entry> entries;
  entries.reserve(attributes.as_map().size());
  for (const auto& [name, value] : attributes.as_map()) {
    const Attribute* attribute = type.find(name);
    if (attribute == nullptr || value.is_null() || value.any_unknown()) continue;
    if (attribute->write_only) continue;
    const Value* set = desired.find(name);
    if (set == nullptr) {
      entries.emplace_back(name, value);
      continue;
    }
    if (attribute->sensitive) continue;
    Value kept = value;
    for (const auto& [path, leaf] : secret_leaves(*set, Path())) {
      kept = path.empty() ? Value() : with_value_at(kept, path, Value());
    }
    if (!kept.is_null()) entries.emplace_back(name, std::move(kept));
  }
  return Value(ValueMap::from(std::move(entries)));
}

std::vector<Path> managed_paths(const TypeSchema& type, const Value& desired) {
  std::vector<Path> out;
  for (const auto& [name, value] : desired.as_map()) {
    const Attribute* attribute = type.find(name);
    if (attribute == nullptr || value.is_null()) continue;
    if (attribute->computed && value.is_map()) {
      for (const auto& [key, item] : value.as_map()) out.push_back(Path(name) / key);
      if (value.as_map().empty()) out.push_back(Path(name));
    } else {
      out.push_back(Path(name));
    }
  }
  return out;
}

}  // namespace plumb
