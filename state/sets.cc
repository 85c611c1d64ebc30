#include "state/sets.h"

#include <algorithm>

#include "state/fields.h"
#include "state/json.h"

namespace plumb::statefile {

std::vector<SetId> SetWriter::introduce(const InternedSets& sets, SetId root) {
  std::vector<SetId> order;
  if (root == SetId{0} || ids_.contains(root)) return order;
  // Depth first on a stack of our own: a chain of includes may be as long as the stack of instances.
  struct Frame {
    SetId set;
    std::size_t next = 0;
  };
  std::vector<Frame> stack{{root, 0}};
  while (!stack.empty()) {
    Frame& frame = stack.back();
    const auto& includes = sets.includes(frame.set);
    if (frame.next < includes.size()) {
      const SetId included = includes[frame.next++];
      if (included != SetId{0} && !ids_.contains(included)) stack.push_back({included, 0});
      continue;
    }
    if (ids_.try_emplace(frame.set, last_ + 1).second) {
      ++last_;
      order.push_back(frame.set);
    }
    stack.pop_back();
  }
  return order;
}

std::uint64_t SetWriter::id(SetId set) const {
  const auto it = ids_.find(set);
  return it == ids_.end() ? 0 : it->second;
}

std::string SetWriter::line(const State& state, SetId set) const {
  // By uid and by id, so that one state has one text, whatever the order in which it was made.
  std::vector<std::string_view> members;
  for (const std::uint32_t member : state.sets.members(set)) members.emplace_back(state.uids.uid(member));
  std::sort(members.begin(), members.end());
  std::vector<std::uint64_t> includes;
  for (const SetId included : state.sets.includes(set))
    if (included != SetId{0}) includes.push_back(id(included));
  std::sort(includes.begin(), includes.end());

  std::string line;
  JsonWriter out(line);
  out.begin_object();
  out.key("kind");
  out.string("set");
  out.key("id");
  out.unsigned_integer(id(set));
  if (!members.empty()) {
    out.key("members");
    out.begin_list();
    for (const std::string_view member : members) out.string(member);
    out.end_list();
  }
  if (!includes.empty()) {
    out.key("includes");
    out.begin_list();
    for (const std::uint64_t included : includes) out.unsigned_integer(included);
    out.end_list();
  }
  out.end_object();
  return line;
}

Result<void> SetReader::add(const Value& line, State& state) {
  Fields fields(line);
  fields.value("kind");
  const std::uint64_t id = fields.number("id");
  std::vector<std::uint32_t> members;
  for (const std::string& uid : fields.texts("members")) members.push_back(state.uids.index(uid));
  std::vector<SetId> includes;
  if (const Value* list = fields.value("includes"); list != nullptr) {
    if (!list->is_list()) return fail("`includes` must be a list");
    for (const Value& item : list->as_list()) {
      if (!item.is_integer() || item.as_integer() <= 0) return fail("`includes` must hold ids of sets");
      includes.push_back(PLUMB_TRY(find(static_cast<std::uint64_t>(item.as_integer()))));
    }
  }
  PLUMB_CHECK(fields.done());
  if (id <= last_) return fail("ids of sets must grow");
  last_ = id;
  std::sort(members.begin(), members.end());
  std::sort(includes.begin(), includes.end());
  ids_.emplace(id, state.sets.intern(std::move(members), std::move(includes)));
  return {};
}

Result<SetId> SetReader::find(std::uint64_t id) const {
  if (id == 0) return SetId{0};
  const auto it = ids_.find(id);
  if (it == ids_.end()) return fail("set " + std::to_string(id) + " is named before it is given");
  return it->second;
}

}  // namespace plumb::statefile
