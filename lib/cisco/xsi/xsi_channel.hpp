/// One event stream on one XSP: opens it, keeps it alive, and tells what comes
/// and why it ended.
#pragma once
#include "cisco/xsi/cookie_jar.hpp"
#include "cisco/xsi/heartbeat_plan.hpp"
#include "cisco/xsi/xsi_acks.hpp"
#include "cisco/xsi/xsi_endpoints.hpp"
#include "cisco/xsi/xsi_event_parser.hpp"
#include "cisco/xsi/xsi_http.hpp"
#include "cisco/xsi/xsi_settings.hpp"
#include "runtime/wake.hpp"

#include <optional>
#include <string>

namespace wardroom::xsi {

/// Why a channel ended, and what makes sense next.
struct ChannelEnd {
  enum class Next {
    reopen,         ///< with backoff
    unauthorized,   ///< a new token first
    denied,         ///< somebody must change a right: slowly
    duplicate_set,  ///< another instance owns the application: do not fight
    identity_gone,  ///< the owning user was deleted
    nothing,        ///< we ended it
  };
  Next next = Next::reopen;
  std::string why;
  std::optional<Milliseconds> retry_after{};
  /// Noticed late: until when it certainly delivered. Absent when its end was
  /// seen as it happened.
  std::optional<Uptime> deaf_since{};
  /// Something is wrong with us or our rights, not with the network: an
  /// operator should know.
  std::string alarm{};
};

class XsiChannel final : private http::StreamSink {
 public:
  /// Called on the loop, from inside the reader: must be quick and must not
  /// destroy the channel.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void on_open(XsiChannel& channel) = 0;
    virtual void on_event(XsiChannel& channel, CallEvent event) = 0;
    virtual void on_malformed(XsiChannel& channel, MalformedDocument document) = 0;
  };

  XsiChannel(Xsp xsp, std::string channel_set, XsiSettings const& settings, XsiHttp& http,
             Clock& clock, Random& dice, Executor loop, Listener& listener);

  /// Opens the channel and follows it to its end. Once.
  Task<ChannelEnd> follow();
  /// Ends it from our side; follow() returns soon.
  void end(ChannelEnd::Next next, std::string why);
  /// Another channel has taken its place: has the server end it, and reads
  /// until then, so that nothing which is on its way is lost; follow() returns
  /// soon.
  void leave(std::string why);
  bool left() const { return leaving_; }
  /// The server does not list it among its channels.
  void not_listed();

  bool is_open() const { return opened_at_.has_value() && !end_; }
  std::optional<Uptime> opened_at() const { return opened_at_; }
  /// Until when it certainly could deliver: its last byte. Where the server sends no heartbeats of
  /// its own, also the last of ours by which it knew the channel, although that goes over another
  /// connection and does not prove the stream. Meaningful once open.
  Uptime proven() const;
  std::optional<Uptime> last_byte() const { return last_byte_; }
  std::optional<Uptime> refresh_due() const { return refresh_due_; }
  std::uint64_t events() const { return events_; }
  /// The token it was opened with.
  std::optional<oauth::TokenLife> token() const { return token_; }
  std::string const& id() const { return id_; }
  Xsp const& xsp() const { return xsp_; }
  AckTarget const& ack_target() const { return ack_target_; }
  /// The DELETE of this channel; nullopt while it has no id.
  std::optional<http::ClientRequest> removal() const;
  /// Server heartbeats were seen; from then on silence means death.
  bool hears_heartbeats() const { return hears_heartbeats_; }
  void expect_heartbeats() { hears_heartbeats_ = true; }
  /// The last thing that went wrong while it stayed open; empty when all is
  /// well.
  std::string const& trouble() const { return trouble_; }

 private:
  void on_head(int status, http::Headers const& headers, std::string_view peer) override;
  void on_bytes(std::string_view bytes) override;
  void on_document(StreamDocument document);
  void opened(ChannelOpened const& channel);
  void terminated(ChannelTerminated const& told);
  void refresh_ack_target();

  Task<void> read();
  void stream_over(Result<void> const& over, std::string const& tracking);
  void judge_refusal();
  Task<void> keep_alive();
  Task<HeartbeatAnswer> beat();
  Task<void> keep_fresh();
  Task<void> watch();
  Task<void> take_leave();
  bool proof_is_old() const;
  void found_dead(std::string why, Uptime deaf_since);
  Task<void> guarded(Task<void> part);
  std::optional<Uptime> deadline() const;
  http::ClientRequest request(http::Method method, std::string url) const;
  std::string own_url(std::string_view rest = "") const;

  Xsp xsp_;
  std::string channel_set_;
  XsiSettings const& settings_;
  XsiHttp& http_;
  Clock& clock_;
  Random& dice_;
  Listener& listener_;
  XsiEventParser parser_;
  CookieJar cookies_;
  Wake ended_, open_for_heartbeat_, open_for_refresh_, leave_;

  std::optional<ChannelEnd> end_;
  std::string id_, peer_, trouble_, refusal_, answered_;
  int status_ = 0;
  std::optional<Milliseconds> refusal_retry_after_;
  std::chrono::seconds granted_{0};
  std::optional<Uptime> asked_at_, head_at_, opened_at_, last_byte_, refresh_due_;
  std::optional<Uptime> known_at_;  ///< when the last heartbeat left that was answered well
  std::optional<Uptime> server_beat_at_;
  BootClock::duration server_beats_every_{};
  std::optional<oauth::TokenLife> token_;
  std::uint64_t events_ = 0;
  bool hears_heartbeats_ = false;
  bool leaving_ = false;
  AckTarget ack_target_;
};

}  // namespace wardroom::xsi
