/// The switches that make the simulated platform misbehave, and the answers scripted in advance.
#pragma once
#include "base/result.hpp"
#include "sim/exchange.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::sim {

/// The next `count` requests that fit get this instead of (or on top of) the true answer.
struct ScriptedAnswer {
  std::string door = "any";     ///< rest, token, channel, events, actions, cms1 …, any
  std::string method{};         ///< empty = any
  std::string path_contains{};  ///< of path and query
  int status = 0;               ///< 0 = the true answer, only slowed or spoilt
  int count = 1;                ///< -1 = for ever
  std::string retry_after{};    ///< sent as it is: "30", "0", "rand(30),add(30)", a date
  /// json, html, empty, bad_utf8, unknown_fields; xsi, xsi_json: an ErrorInfo with `code`.
  std::string body = "json";
  int code = 4410;         ///< of the ErrorInfo: 110842, 110862, …
  std::string person{};    ///< "for": e-mail of whom the request is about; empty = anybody
  std::string location{};  ///< sent as it is
  std::string message = "The simulator was told to answer this.";  ///< of a body in JSON
  int every = 1;  ///< of the requests that fit, only each so-many-th gets it
  int delay_ms = 0;
  /// whole, cut, reset, hang, drip (a byte a second), chunked, cut_chunk (ends inside a chunk),
  /// wrong_length (100 bytes too few come), or lost: the request is processed, then the connection
  /// is reset without a byte.
  std::string wire = "whole";
  std::size_t cut_at = 0;    ///< bytes of the answer, head included, before the cut
  std::uint64_t fitted = 0;  ///< so many requests did; counted, not set
};

struct Faults {
  std::vector<ScriptedAnswer> answers{};

  // OAuth
  int token_life_s = 1209599;
  int refresh_life_s = 7775999;
  int code_life_s = 60;
  bool refuse_refresh = false;  ///< 400, as for a revoked grant
  bool deny_authorize = false;  ///< the person presses Decline
  /// same: the refresh token stays; rotate: each works once; rotate_grace: an old one still works
  /// for refresh_grace_s and leads to the same new one; noop: within a day of the last new access
  /// token nothing changes.
  std::string refresh_mode = "same";
  int refresh_grace_s = 60;
  bool family_revocation = false;            ///< a spent refresh token revokes the whole grant
  bool refresh_rolling = true;               ///< false: refresh_token_expires_in shrinks
  bool refresh_kills_access = false;         ///< the old access token dies at a refresh
  bool token_prose = false;                  ///< refusals as prose instead of invalid_grant
  int revoked_access_cache_ms = 0;           ///< revoked access tokens work on so long
  int token_limit = 750;                     ///< live access tokens of one person
  int token_chars = 0;                       ///< access tokens have at least so many
  std::string token_fields = "all";          ///< all, no_scope, no_refresh, bare
  std::string device_pending = "428_empty";  ///< 428_empty, 428_json, 400
  int device_slow_down = 0;                  ///< the next n polls are answered slow_down
  int device_life_s = 300;
  int device_interval_s = 2;

  // Webex REST
  int clock_skew_s = 0;      ///< the Date of answers lies so far ahead (negative: behind)
  bool calling_data = true;  ///< organisations carry the XSI members
  int people_page_max = 1000;
  std::string people_next = "good";  ///< a word of page_ways (paging.hpp)
  std::string people_shown = "all";  ///< all, half, none: of the list only, which ends as it should
  bool people_stale = false;         ///< the list is that of the moment this was switched on
  std::string people_omit{};         ///< "department,loginEnabled": the list lacks them
  bool flags_as_text = false;        ///< "true" in place of true
  int item_errors = 0;               ///< each so-many-th entry of a list is damaged; 0 = none
  int member_page_max = 1000;
  std::string member_next = "good";   ///< a word of page_ways
  std::string members_shown = "all";  ///< all, half, none
  bool members_stale = false;         ///< as people_stale
  int member_cap = 0;                 ///< people a space takes at most; 0 = no limit
  /// good, repeat (always the first page), duplicate (the last of a page comes again), short (the
  /// last one is missing), total_grows, no_total
  std::string group_pages = "good";

  /// none, rcpt_4xx, rcpt_5xx, data_4xx, hang (never a word), cut_after_data (kept, not answered)
  std::string smtp_refuse = "none";

  // XSI channels
  std::string server_heartbeats = "timer";  ///< timer, echo, none
  int server_heartbeat_s = 30;
  int client_heartbeat_timeout_s = 60;
  int refuse_channel = 0;             ///< status of the refusal; 0 = off
  int channel_document_delay_ms = 0;  ///< head at once, <Channel> later; -1 = never
  int channel_expires_s = 0;          ///< granted whatever was asked; 0 = clamp as usual
  int xsp_down = 0;                   ///< bit i = XSP i refuses connections
  int xsp_stall = 0;  ///< bit i = nothing goes in or out of XSP i any more, nothing closes
  int xsp_deaf = 0;   ///< bit i = XSP i stops reading from its sockets
  bool expired_token_cuts_streams = false;  ///< within a second; else streams outlive their token
  bool affinity = false;       ///< heartbeats and acknowledgements need the channel's cookies
  int stream_chunk_bytes = 0;  ///< 0 = a document a chunk
  int stream_batch = 1;        ///< so many documents go out together, in one chunk
  int stream_cut_at = -1;      ///< byte of a channel's body at which it breaks; -1 = off
  std::string stream_cut_how = "fin";  ///< clean, fin, reset, silence
  int stream_cut_count = 1;            ///< so many channels break, then it is off
  /// plain, declared, pair, prefixed, attributes, spaced
  std::string heartbeat_style = "plain";
  std::string document_style = "plain";  ///< plain, no_declaration, prefixes, latin1, spaced

  // Events and acknowledgements
  int ack_timeout_s = 10;
  int unanswered_limit = 3;               ///< unacknowledged in a row before NonResponsiveChannel
  bool ack_black_hole = false;            ///< acknowledgements are never answered
  int duplicate_events = 0;               ///< the next n events are sent twice
  int duplicate_new_id = 0;               ///< likewise, the copy under an event id of its own
  int reorder_events = 0;                 ///< the next n come after the one behind, elsewhere
  bool redelivery_new_id = false;         ///< an event sent again has a new id
  int skip_sequence = 0;                  ///< the next sequence number jumps by n (a gap)
  int lose_events = 0;                    ///< the next n events are numbered but never sent
  std::string gone_subscription = "403";  ///< 403 (110862) or 404
  int orphan_grace_s = 10;                ///< a set without channels lives on so long
  int event_delay_ms = 0;
  bool call_extra_elements = false;  ///< calls placed from now on carry elements of no schema
  std::string call_omit{};           ///< … and lack these: "name,address,countryCode,callType"

  // Actions
  int delete_delay_ms = 0;              ///< before the answer
  int release_delay_ms = 20;            ///< from DELETE to CallReleasedEvent
  bool delete_without_release = false;  ///< 200, but the call goes on
  bool delete_id_change = false;        ///< the call gets another id just before: 404
  bool delete_404_race = false;         ///< the call ends just before: 404
  std::string delete_faults_for{};      ///< e-mail: those of DELETE hit this person only
  /// good, total_grows, total_shrinks, no_total, repeat (always the first page), duplicate (the
  /// last of a page comes again), short (a record less than told), too_many, empty_last
  std::string directory_pages = "good";
  std::string emergency_label = "all";  ///< all, none: whether callType says Emergency
};

nlohmann::json to_json(Faults const& faults);
/// Sets the switches named in `wish`, all or none. Errors: malformed, naming what is known.
Result<void> set_switches(Faults& faults, nlohmann::json const& wish);

/// What a scripted answer does to one request.
struct Meddling {
  bool replaces = false;
  Answer instead{};  ///< complete when it replaces; else only delay and wire count
};
/// `person` = e-mail of whom the request is about, as far as the path tells.
Meddling meddle(Faults& faults, std::string_view door, Request const& request,
                std::string_view person = {});
/// Delay and wire of `m` on top of the true answer.
Answer spoil(Answer answer, Meddling const& m);

Ending ending_of(std::string_view word);

}  // namespace wardroom::sim
