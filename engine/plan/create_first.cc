// Rule (d): `create_before_destroy` of one replaced instance is forced on every replaced instance that it reads.
#include <algorithm>
#include <deque>

#include "engine/plan/settle.h"

namespace plumb {

namespace {

class CreateFirst {
 public:
  explicit CreateFirst(World& world) : world_(world), seen_(world.info.size(), false) {}

  void run() {
    std::vector<std::uint32_t> wanted;
    for (std::uint32_t i = 0; i < world_.instances.size(); ++i) {
      const InstanceNode& instance = world_.instances[i];
      if (instance.action == Action::replace && instance.create_first) wanted.push_back(i);
    }
    push(wanted);
    while (!open_.empty()) {
      const std::uint32_t at = open_.front();
      open_.pop_front();
      spread(at);
    }
    for (const std::uint32_t i : all_) settle(i);
  }

 private:
  // In the order of addresses, so that the same reader is always named.
  void push(std::vector<std::uint32_t>& instances) {
    std::sort(instances.begin(), instances.end(), [&](std::uint32_t a, std::uint32_t b) {
      return world_.instances[a].address < world_.instances[b].address;
    });
    for (const std::uint32_t i : instances) {
      open_.push_back(i);
      all_.push_back(i);
    }
  }

  // What stands between two instances is walked once: whatever is behind it is forced by then.
  void spread(std::uint32_t reader) {
    std::vector<NodeId> open{world_.instances[reader].node};
    std::vector<std::uint32_t> forced;
    while (!open.empty()) {
      const NodeId at = open.back();
      open.pop_back();
      for (const NodeId read : world_.info[at].reads) {
        const NodeInfo& info = world_.info[read];
        if (info.kind != NodeKind::instance || world_.instances[info.index].address.data) {
          if (seen_[read]) continue;
          seen_[read] = true;
          open.push_back(read);
          continue;
        }
        InstanceNode& instance = world_.instances[info.index];
        if (info.index == reader || instance.action != Action::replace || instance.create_first) continue;
        instance.create_first = true;
        because_.emplace(info.index, reader);
        forced.push_back(info.index);
      }
    }
    push(forced);
  }

  void settle(std::uint32_t i) {
    InstanceNode& instance = world_.instances[i];
    PlannedChange& change = world_.changes[instance.change];
    const auto because = because_.find(i);
    const std::string reader =
        because == because_.end() ? std::string() : world_.instances[because->second].address.str();
    if (same_identity(instance, change)) {
      instance.create_first = false;
      const std::string name = identity_text(*instance.type, instance.identity);
      block(world_, instance, Action::replace,
            reader.empty()
                ? Error{"`create_before_destroy` cannot be kept: its new object would have the identity of the old one "
                        "(" +
                            name + ")",
                        "give it another identity in the same change, or take `create_before_destroy` away", change.pos}
                : Error{"it must be made before the old one goes, because " + reader +
                            " is, and its new object would have the identity of the old one (" + name + ")",
                        "give it another identity in the same change, or take `create_before_destroy` of " + reader +
                            " away",
                        change.pos});
      return;
    }
    change.create_first = true;
    if (!reader.empty())
      change.reason +=
          (change.reason.empty() ? "" : "; ") + ("made before the old one goes, because " + reader + " is");
  }

  // Two objects of one identity cannot stand beside each other. What only state knows has no such trouble.
  static bool same_identity(const InstanceNode& instance, const PlannedChange& change) {
    const TypeSchema& type = *instance.type;
    if (!type.outside_effect || type.identity.empty() || !instance.identity_key) return false;
    return identity_key(type, identity_of(type, change.before)) == instance.identity_key;
  }

  World& world_;
  std::vector<bool> seen_;
  std::deque<std::uint32_t> open_;
  std::vector<std::uint32_t> all_;
  std::unordered_map<std::uint32_t, std::uint32_t> because_;
};

}  // namespace

void spread_create_first(World& world) { CreateFirst(world).run(); }

}  // namespace plumb
