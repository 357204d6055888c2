#include "features/security_notices/notice.hpp"

#include "base/planted.hpp"

#include <algorithm>

namespace wardroom::security_notices {

SecurityLevel level_of(Evidence const& evidence) {
  if (WARDROOM_PLANTED("doubt-shows-the-old-level")) return evidence.level;
  return evidence.in_lowest_doubt() ? SecurityLevel::external : evidence.level;
}

bool Notice::hear(Evidence const& evidence, Uptime now) {
  evident_ = level_of(evidence);
  known_ = evidence.level;
  if (evidence.heard > heard_) {
    heard_ = evidence.heard;
    heard_at_ = now;
  }
  if (evident_ <= wanted_) return false;
  wanted_ = evident_;
  since_ = now;
  return true;
}

std::optional<Uptime> Notice::read_at() const {
  if (known_ >= wanted_) return std::nullopt;
  return heard_at_ + calm;
}

bool Notice::prove(Tick begun, Evidence const& evidence, Uptime now) {
  hear(evidence, now);  // what came in between counts: it may rise, and it postpones
  if (evident_ >= wanted_ || begun < heard_ || now < heard_at_ + calm) return false;
  wanted_ = evident_;
  since_ = now;
  return true;
}

void Notice::join(Notice const& other, Uptime now) {
  heard_ = std::max(heard_, other.heard_);
  heard_at_ = std::max(heard_at_, other.heard_at_);
  if (other.wanted_ <= wanted_) return;
  wanted_ = other.wanted_;
  since_ = now;
}

}  // namespace wardroom::security_notices
