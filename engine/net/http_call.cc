#include "engine/net/http_call.h"

#include <algorithm>
#include <utility>

#include "engine/base/clock.h"
#include "engine/net/http_retry.h"

namespace plumb::net {
namespace {

std::chrono::milliseconds in_ms(std::chrono::steady_clock::duration time) {
  return std::chrono::ceil<std::chrono::milliseconds>(time);
}

}  // namespace

HttpCall::HttpCall(HttpTarget& target, HttpSlots& slots, HttpMulti& multi, Headers headers)
    : target_(target), slots_(slots), multi_(multi), headers_(std::move(headers)) {
  waiter_.wake = [this] { multi_.wake(); };
}

std::vector<Result<HttpResponse>> HttpCall::run(std::span<const HttpRequest> requests) {
  requests_ = requests;
  items_.resize(requests.size());
  open_ = requests.size();
  for (std::size_t i = 0; i < requests.size(); ++i) ready_.push_back(i);
  while (true) {
    start_ready();
    int running = 0;
    curl_multi_perform(multi_.handle(), &running);
    collect();
    if (open_ == 0) break;
    wait();
  }
  std::vector<Result<HttpResponse>> out;
  out.reserve(items_.size());
  for (auto& item : items_) out.push_back(std::move(*item.last));
  return out;
}

void HttpCall::start_ready() {
  const auto now = system_clock().ticks();
  while (!later_.empty() && later_.top().time <= now) {
    ready_.push_front(later_.top().item);
    later_.pop();
  }
  // What waits to be sent again holds no place. Who stands in the queue has something ready until it is served.
  while (!ready_.empty() && slots_.take(waiter_)) {
    const auto index = ready_.front();
    ready_.pop_front();
    start(index);
  }
}

void HttpCall::start(std::size_t index) {
  auto& item = items_[index];
  const auto now = system_clock().ticks();
  if (item.attempts == 0) item.first = now;
  // A repeat that got its place too late: the last result stands.
  const bool late = item.attempts > 0 && now - item.first > target_.settings.retry_total + std::chrono::milliseconds{1};
  auto transfer = multi_.transfer();
  auto prepared = late ? Result<void>{} : transfer->prepare(requests_[index], headers_());
  if (!late && prepared && curl_multi_add_handle(multi_.handle(), transfer->handle()) != CURLM_OK) {
    prepared = transfer->refused();
  }
  if (late || !prepared) {
    if (!prepared) item.last = fail(std::move(prepared).error());
    multi_.put_back(std::move(transfer));
    --open_;
    slots_.give();
    return;
  }
  ++item.attempts;
  flying_.emplace_back(transfer.get(), index);
  item.transfer = std::move(transfer);
}

void HttpCall::collect() {
  int left = 0;
  while (const auto* message = curl_multi_info_read(multi_.handle(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const auto code = message->data.result;  // the message is gone with its handle
    auto* easy = message->easy_handle;
    const auto found =
        std::find_if(flying_.begin(), flying_.end(), [&](const auto& one) { return one.first->handle() == easy; });
    const auto index = found->second;
    flying_.erase(found);
    curl_multi_remove_handle(multi_.handle(), easy);
    finish(index, code);
    slots_.give();
  }
}

void HttpCall::finish(std::size_t index, CURLcode code) {
  auto& item = items_[index];
  item.last = item.transfer->finish(code);
  const bool repeatable = item.transfer->repeatable();
  multi_.put_back(std::move(item.transfer));
  const auto now = system_clock().ticks();
  const auto wish = *item.last ? (*item.last)->retry_after() : std::chrono::milliseconds{0};
  const auto delay =
      repeatable ? next_attempt(target_.settings, {item.attempts, in_ms(now - item.first), wish}) : std::nullopt;
  if (delay) {
    later_.push({now + *delay, index});
  } else {
    --open_;
  }
}

void HttpCall::wait() {
  auto time = std::chrono::milliseconds{60'000};
  if (!later_.empty()) {
    const auto until = in_ms(later_.top().time - system_clock().ticks());
    time = std::clamp(until, std::chrono::milliseconds{0}, time);
  }
  curl_multi_poll(multi_.handle(), nullptr, 0, static_cast<int>(time.count()), nullptr);
}

}  // namespace plumb::net
