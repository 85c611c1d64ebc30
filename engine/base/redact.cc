#include "engine/base/redact.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/base/automaton.h"
#include "engine/base/text.h"
#include "engine/base/text_view.h"

namespace plumb {
namespace {

// Shorter ones would turn ordinary text into holes.
constexpr std::size_t least_size = 8;

using Automata = std::vector<std::shared_ptr<const Automaton>>;

// Marks which bytes of the text are secret: +1 where a match begins, -1 where it ends.
class Cover {
 public:
  explicit Cover(std::size_t size) : steps_(size + 1, 0) {}

  void hide(std::size_t begin, std::size_t end) {
    ++steps_[begin];
    --steps_[end];
    any_ = true;
  }

  [[nodiscard]] std::string apply(std::string_view text) const {
    if (!any_) return std::string(text);
    std::string out;
    long depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool was_hidden = depth > 0;
      depth += steps_[i];
      if (depth == 0) {
        out += text[i];
      } else if (!was_hidden) {
        out += "(sensitive)";
      }
    }
    return out;
  }

 private:
  std::vector<std::int32_t> steps_;
  bool any_ = false;
};

void scan(const TextView& view, const Automata& automata, Cover& cover) {
  for (const auto& automaton : automata) {
    automaton->scan(view.bytes,
                    [&](std::size_t begin, std::size_t end) { cover.hide(view.begin[begin], view.end[end - 1]); });
  }
}

// Instead of knowing each secret in every spelling, reads the text in every encoding.
void scan_decoded(const TextView& view, const Automata& automata, Cover& cover) {
  if (view.bytes.size() < least_size) return;
  scan(view, automata, cover);
  for (int phase = 0; phase < 4; ++phase) scan(base64_view(view, phase), automata, cover);
}

// The text after a way through JSON.
std::string as_json_keeps_it(std::string_view text) {
  const std::string escaped = json_escape(text);
  const TextView view = json_view(plain_view(escaped));
  return view.bytes.empty() ? escaped : view.bytes;
}

}  // namespace

struct Redactor::Impl {
  void add(std::string_view pattern);
  Automata current();

  std::mutex mutex;
  std::vector<std::string> added;  // since the last call
  Automata automata;               // each at least twice as big as the next, so that rebuilding stays cheap
};

void Redactor::Impl::add(std::string_view pattern) {
  if (pattern.size() < least_size) return;
  for (const auto& automaton : automata) {
    if (std::binary_search(automaton->patterns().begin(), automaton->patterns().end(), pattern)) return;
  }
  added.emplace_back(pattern);
}

Automata Redactor::Impl::current() {
  const std::lock_guard lock(mutex);
  if (!added.empty()) {
    std::vector<std::string> patterns = std::exchange(added, {});
    while (!automata.empty() && automata.back()->patterns().size() <= 2 * patterns.size()) {
      const std::vector<std::string>& old = automata.back()->patterns();
      patterns.insert(patterns.end(), old.begin(), old.end());
      automata.pop_back();
    }
    automata.push_back(std::make_shared<Automaton>(std::move(patterns)));
  }
  return automata;
}

Redactor::Redactor() : impl_(std::make_unique<Impl>()) {}
Redactor::~Redactor() = default;

void Redactor::add(std::string_view secret) {
  const std::lock_guard lock(impl_->mutex);
  impl_->add(secret);
  // JSON writers put U+FFFD for what is no UTF-8.
  if (!valid_utf8(secret)) impl_->add(as_json_keeps_it(secret));
  if (secret.find('\n') == std::string_view::npos) return;
  for (std::size_t at = 0; at < secret.size();) {
    const std::size_t end = std::min(secret.find('\n', at), secret.size());
    std::string_view line = secret.substr(at, end - at);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    // `-----BEGIN ...-----` is in every key and certificate, and no secret.
    if (!line.starts_with("-----")) impl_->add(line);
    at = end + 1;
  }
}

std::string Redactor::redact(std::string_view text) const {
  const Automata automata = impl_->current();
  if (automata.empty() || text.size() < least_size) return std::string(text);
  Cover cover(text.size());
  const TextView plain = plain_view(text);
  scan_decoded(plain, automata, cover);
  const TextView json = json_view(plain);
  scan_decoded(json, automata, cover);
  scan_decoded(json_view(json), automata, cover);
  for (const bool plus : {false, true}) {
    const TextView url = url_view(plain, plus);
    scan_decoded(url, automata, cover);
    scan_decoded(json_view(url), automata, cover);
  }
  return cover.apply(text);
}

}  // namespace plumb
