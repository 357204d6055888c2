#include "features/security_notices/live_conferences.hpp"

#include "features/security_notices/notices_web.hpp"
#include "features/security_notices/security_notices.hpp"

#include <fmt/format.h>

namespace wardroom::security_notices {
namespace {

constexpr auto kTick = std::chrono::milliseconds(250);
constexpr auto kSlice = std::chrono::milliseconds(1);
constexpr std::size_t kLookedAtOnce = 20;
constexpr std::size_t kMostInFrame = 300;  ///< about 300 KB: viewers may have 1 MiB waiting
constexpr int kBridgeTicks = 4;            ///< 1 s: their last record moves all the time
constexpr int kAdmissionTicks = 20;        ///< 5 s
constexpr int kQuietTicks = 60;  ///< 15 s without a word: a comment keeps proxies from closing

std::size_t digest_of(std::string const& text) { return std::hash<std::string>{}(text); }

}  // namespace

void LiveConferences::watch(http::Responder responder, std::string session) {
  waiting_.emplace_back(std::move(responder), std::move(session));
  if (knows_all_)
    let_in();
  else if (!subscription_)
    begin();
}

void LiveConferences::begin() {
  subscription_ = feature_.on_change([this] { dirty_ = true; });
  mode_told_ = name(feature_.settings().policy.mode);
  look_at_bridges();
  look();
}

void LiveConferences::tick() {
  if (viewers_.viewers() == 0 && waiting_.empty()) return rest();
  ++ticks_;
  if (ticks_ % kAdmissionTicks == 0) send_away();
  if (ticks_ % kBridgeTicks == 0) look_at_bridges();
  if (std::exchange(dirty_, false)) return look();
  tell();
  timer_ = feature_.ports().clock.after(kTick, [this] { tick(); });
}

void LiveConferences::look() {
  ++look_;
  looking_at_ = feature_.ledger().conferences();
  next_ = 0;
  look_at_some();
}

/// Thousands may run: some in each turn of the loop.
void LiveConferences::look_at_some() {
  auto const end = std::min(looking_at_.size(), next_ + kLookedAtOnce);
  for (; next_ < end; ++next_) look_at(looking_at_[next_]);
  if (next_ < looking_at_.size()) {
    timer_ = feature_.ports().clock.after(kSlice, [this] { look_at_some(); });
    return;
  }
  end_look();
}

void LiveConferences::look_at(ConferenceId const& id) {
  if (!feature_.ledger().knows(id)) return;
  auto text = conference_text(feature_, id);
  auto& told = told_[shown_id(feature_, id)];
  told.look = look_;
  if (std::exchange(told.digest, digest_of(text)) == digest_of(text)) return;
  if (knows_all_) changed_.push_back(std::move(text));
}

void LiveConferences::end_look() {
  std::erase_if(told_, [this](auto const& one) {
    if (one.second.look == look_) return false;
    gone_.push_back(one.first);
    return true;
  });
  looking_at_.clear();
  knows_all_ = true;
  let_in();
  tell();
  timer_ = feature_.ports().clock.after(kTick, [this] { tick(); });
}

void LiveConferences::let_in() {
  for (auto& [responder, session] : std::exchange(waiting_, {})) {
    auto const viewer = responder.stream(http::sse_head());
    // Something at once, so that proxies pass the head on and the page begins to read.
    viewer->write(std::make_shared<std::string const>(": here\n\n"));
    if (!session.empty()) sessions_.emplace_back(viewer, session);
    viewers_.add(viewer);
  }
}

void LiveConferences::look_at_bridges() {
  for (auto const& bridge : feature_.bridges()) {
    auto text = bridge_text(bridge);
    auto const digest = digest_of(text);
    auto& told = bridges_told_[bridge.settings->name];
    if (std::exchange(told, digest) != digest && knows_all_)
      bridges_changed_.push_back(std::move(text));
  }
  auto const mode = name(feature_.settings().policy.mode);
  if (mode != mode_told_) mode_told_ = mode_changed_ = mode;
}

/// A stream must not go on after the session that opened it.
void LiveConferences::send_away() {
  std::erase_if(sessions_, [this](auto const& entry) {
    auto const viewer = entry.first.lock();
    if (!viewer || !viewer->open()) return true;
    if (feature_.admitted(entry.second)) return false;
    viewer->close();
    return true;
  });
}

void LiveConferences::tell() {
  if (changed_.empty() && gone_.empty() && bridges_changed_.empty() && mode_changed_.empty()) {
    if (++quiet_ticks_ < kQuietTicks) return;
    quiet_ticks_ = 0;
    return viewers_.send(std::make_shared<std::string const>(": here\n\n"));
  }
  quiet_ticks_ = 0;
  auto const some = std::min(changed_.size(), kMostInFrame);
  std::vector<std::string> const now(
      std::make_move_iterator(changed_.begin()),
      std::make_move_iterator(changed_.begin() + std::ptrdiff_t(some)));
  changed_.erase(changed_.begin(), changed_.begin() + std::ptrdiff_t(some));
  auto data = fmt::format(R"({{"conferences":[{}],"gone":{},"bridges":[{}])", fmt::join(now, ","),
                          text_of(nlohmann::ordered_json(std::exchange(gone_, {}))),
                          fmt::join(std::exchange(bridges_changed_, {}), ","));
  if (auto const mode = std::exchange(mode_changed_, {}); !mode.empty())
    data += fmt::format(R"(,"mode":"{}")", mode);
  viewers_.send(http::sse_frame("", "state", data + "}"));
}

void LiveConferences::rest() {
  timer_.cancel();
  subscription_.reset();
  knows_all_ = dirty_ = false;
  told_.clear();
  bridges_told_.clear();
  sessions_.clear();
  changed_.clear();
  bridges_changed_.clear();
  gone_.clear();
  mode_changed_.clear();
}

}  // namespace wardroom::security_notices
