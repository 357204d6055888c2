/// What one call shows, what was sent to it, and whether something is to be sent. Pure.
#pragma once
#include "features/security_notices/conference_ledger.hpp"
#include "features/security_notices/security_notices_settings.hpp"
#include "runtime/clock.hpp"

#include <array>
#include <map>
#include <optional>
#include <string>

namespace wardroom::security_notices {

/// The messages of the levels, and how our own are known again: also those of texts that a reload
/// replaced.
class OwnMessages {
 public:
  explicit OwnMessages(NoticeTexts const& texts) { use(texts); }
  void use(NoticeTexts const& texts);
  conference::Message const& of(SecurityLevel level) const { return messages_[std::size_t(level)]; }
  /// none = it is not ours, or nobody sees it. The lowest where levels share a text.
  SecurityLevel level_of(conference::Message const& message) const;
  bool vanish() const { return messages_[1].duration != "permanent"; }

 private:
  std::array<conference::Message, 4> messages_;
  std::map<std::string, SecurityLevel, std::less<>> levels_;
};

/// A message on its way.
struct Sent {
  conference::Message message;
  SecurityLevel level = SecurityLevel::none;
};

class CallNotice {
 public:
  /// Whether `level` must be sent; what is under way, failed or only observed is not sent twice.
  bool must_send(OwnMessages const& messages, SecurityLevel level) const;
  /// It shows `level`, or the feature only observes.
  bool settled(OwnMessages const& messages, SecurityLevel level) const;
  bool observed() const { return observed_.has_value(); }
  /// It shows this level at least, whatever became of what is under way.
  SecurityLevel shows_at_least() const;

  void sending(std::uint64_t number, Sent sent);
  std::uint64_t newest() const { return newest_; }
  bool is_sending() const { return under_way_.has_value(); }
  /// The bridge confirmed; `now` is a moment after that.
  void confirmed(std::uint64_t number, Sent const& sent, Tick now);
  void only_observed(std::uint64_t number, Sent const& sent);
  /// It did not arrive, or nobody knows: `attempted` = a request went out.
  void failed(std::uint64_t number, Sent const& sent, bool attempted, std::string why, Tick now);
  /// What the bridge tells; false = it is not to be judged, being older than what we sent.
  bool told(OwnMessages const& messages, SecurityLevel level, Tick begun,
            conference::Message message);
  /// What failed may be tried again.
  void try_again() { failed_.reset(); }
  /// What was observed may be sent now.
  void enforce() { observed_.reset(); }

  std::optional<conference::Message> const& shown() const { return shown_; }
  std::string const& trouble() const { return trouble_; }

  std::optional<Uptime> behind_since{};  ///< it shows less than it should
  bool reasserting = false;              ///< somebody else had changed it
  bool uncertain = false;  ///< a request went out, and whether it is carried out late nobody knows
  TimerHandle again{};

 private:
  void unknown(Sent const& sent);

  std::optional<conference::Message> shown_, failed_, observed_;
  SecurityLevel at_least_ = SecurityLevel::none;
  bool maybe_ours_ = false;  ///< a notice of ours may be on it
  Tick judged_from_ = 0;     ///< answers to older questions say nothing
  std::uint64_t newest_ = 0;
  std::optional<Sent> under_way_;
  std::string trouble_;
};

}  // namespace wardroom::security_notices
