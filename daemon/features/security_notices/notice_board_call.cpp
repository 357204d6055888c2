#include "features/security_notices/notice_board_call.hpp"

#include <algorithm>

namespace wardroom::security_notices {

void OwnMessages::use(NoticeTexts const& texts) {
  messages_[0] = {.text = {}, .position = texts.position, .duration = "0"};
  for (std::size_t i = 1; i < messages_.size(); ++i) {
    auto const level = static_cast<SecurityLevel>(i);
    messages_[i] = texts.message(level);
    auto const [place, fresh] = levels_.emplace(messages_[i].text, level);
    if (!fresh) place->second = std::min(place->second, level);
  }
}

SecurityLevel OwnMessages::level_of(conference::Message const& message) const {
  if (!message.shown()) return SecurityLevel::none;
  auto const found = levels_.find(message.text);
  return found == levels_.end() ? SecurityLevel::none : found->second;
}

bool CallNotice::must_send(OwnMessages const& messages, SecurityLevel level) const {
  auto const& desired = messages.of(level);
  if (under_way_) return under_way_->message != desired;
  if (observed_ == desired || failed_ == desired) return false;
  if (level == SecurityLevel::none) return maybe_ours_;
  return shown_ != desired;
}

bool CallNotice::settled(OwnMessages const& messages, SecurityLevel level) const {
  if (under_way_) return false;
  if (observed_ == messages.of(level)) return true;
  return level == SecurityLevel::none ? !maybe_ours_ : shown_ == messages.of(level);
}

SecurityLevel CallNotice::shows_at_least() const {
  return under_way_ ? std::min(at_least_, under_way_->level) : at_least_;
}

void CallNotice::sending(std::uint64_t number, Sent sent) {
  // An older one may be at the bridge already.
  at_least_ = shows_at_least();
  newest_ = number;
  under_way_ = std::move(sent);
  observed_.reset();
  failed_.reset();
}

void CallNotice::confirmed(std::uint64_t number, Sent const& sent, Tick now) {
  shown_ = sent.message;
  at_least_ = sent.level;
  maybe_ours_ = sent.level != SecurityLevel::none;
  judged_from_ = now;
  if (number != newest_) return;
  under_way_.reset();
  trouble_.clear();
}

void CallNotice::only_observed(std::uint64_t number, Sent const& sent) {
  if (number != newest_) return;
  under_way_.reset();
  observed_ = sent.message;
  trouble_.clear();
}

void CallNotice::unknown(Sent const& sent) {
  shown_.reset();
  at_least_ = std::min(at_least_, sent.level);
  maybe_ours_ = maybe_ours_ || sent.level != SecurityLevel::none;
}

void CallNotice::failed(std::uint64_t number, Sent const& sent, bool attempted, std::string why,
                        Tick now) {
  if (attempted) {
    unknown(sent);
    judged_from_ = now;
  }
  if (number != newest_) return;
  under_way_.reset();
  failed_ = sent.message;
  trouble_ = std::move(why);
}

bool CallNotice::told(OwnMessages const& messages, SecurityLevel level, Tick begun,
                      conference::Message message) {
  if (under_way_ || begun < judged_from_) return false;
  auto const& desired = messages.of(level);
  bool const was_right = level != SecurityLevel::none && shown_ == desired;
  // A message that vanishes by itself is not missing.
  if (was_right && messages.vanish()) return false;
  if (was_right && message != desired) reasserting = true;
  at_least_ = messages.level_of(message);
  maybe_ours_ = at_least_ != SecurityLevel::none;
  shown_ = std::move(message);
  return true;
}

}  // namespace wardroom::security_notices
