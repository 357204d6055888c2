/// The one subscription of the organisation: made, refreshed, audited, made
/// again when lost.
#pragma once
#include "cisco/xsi/xsi_endpoints.hpp"
#include "cisco/xsi/xsi_http.hpp"
#include "cisco/xsi/xsi_settings.hpp"
#include "runtime/backoff.hpp"
#include "runtime/wake.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

namespace wardroom::xsi {

class XsiSubscription {
 public:
  /// What it needs from the session around it; called on the loop.
  class Host {
   public:
    virtual ~Host() = default;
    /// {events} of an XSP whose channel is open; nullopt while there is none.
    virtual std::optional<std::string> events_base() const = 0;
    /// That XSP gave no useful answer: another one may.
    virtual void on_base_failed() = 0;
    virtual std::string channel_set() const = 0;
    virtual void on_subscribed(bool again) = 0;
    /// It was found alive after all channels had been down at once.
    virtual void on_confirmed() = 0;
    virtual void on_subscription_lost(std::string_view why) = 0;
    /// The server does not know our channel set: a new one is needed.
    virtual void on_unknown_channel_set() = 0;
    /// Nobody may subscribe with this token; a sentence with the remedy, empty
    /// = over.
    virtual void on_not_permitted(std::string sentence) = 0;
  };

  XsiSubscription(XsiSettings const& settings, XsiHttp& http, XsiOrganisation& organisation,
                  Clock& clock, Random& dice, Executor loop, Host& host);

  /// Until cancelled.
  Task<void> keep();
  /// A channel opened: there may be something to do.
  void channel_opened() { wake_.raise(); }
  /// All channels were down at once: whether it still lives must be asked.
  void doubt();
  /// A channel broke. The server may have lost them all before we noticed the first, and the
  /// subscription with them: it is asked for at once, while what it told before still counts.
  void look_soon();
  /// The server said that it ended; ignored for another subscription.
  void terminated(std::string_view id);
  /// Forgets it without a word to the server: its channel set is gone.
  void forget();
  std::string const& id() const { return id_; }
  bool confirmed() const { return !id_.empty() && confirmed_; }
  /// An event of it arrived: it lives.
  void heard(Uptime now) { proven_ = std::max(proven_, now); }
  /// Until when it certainly lived: the last event of it, or the last question
  /// answered well.
  Uptime proven() const { return proven_; }
  /// When it ended, or began to be doubted; proven() when its end was only
  /// found out later.
  Uptime lost_at() const { return lost_at_; }
  std::optional<Uptime> refresh_due() const {
    return id_.empty() ? std::nullopt : std::optional(refresh_due_);
  }
  std::string const& trouble() const { return trouble_; }
  /// The DELETE of this subscription; nullopt while there is none.
  std::optional<http::ClientRequest> removal(std::string_view events_base) const;

 private:
  Task<void> subscribe(std::string events_base);
  Task<void> refused(http::ClientResponse answer);
  Task<void> refresh(std::string events_base);
  Task<void> verify(std::string events_base);
  void lose(std::string why, Uptime when);
  void adopt(std::string id, std::chrono::seconds granted, Uptime asked, std::uint64_t doubts);
  Task<void> unanswered();
  Task<void> pause(Milliseconds wait);
  http::ClientRequest own_request(http::Method method, std::string_view events_base) const;

  XsiSettings const& settings_;
  XsiHttp& http_;
  XsiOrganisation& organisation_;
  Clock& clock_;
  Random& dice_;
  Host& host_;
  Wake wake_;
  Backoff backoff_;
  std::string id_, trouble_;
  bool confirmed_ = false;
  std::uint64_t looks_ = 0;  ///< of look_soon
  bool ever_ = false;
  std::uint64_t doubts_ = 0;  ///< an answer to a question older than the last one proves nothing
  std::chrono::seconds granted_{0};
  Uptime refresh_due_{}, audit_due_{}, proven_{}, lost_at_{};
  Milliseconds refresh_pause_{30'000};
};

}  // namespace wardroom::xsi
