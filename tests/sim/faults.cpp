#include "sim/faults.hpp"

#include "base/encoding.hpp"
#include "sim/paging.hpp"

#include <fmt/format.h>

#include <initializer_list>
#include <type_traits>

namespace wardroom::sim {
namespace {
using nlohmann::json;

template <class F, class Visit>
void each_switch(F& f, Visit visit) {
  visit("token_life_s", f.token_life_s);
  visit("refresh_life_s", f.refresh_life_s);
  visit("code_life_s", f.code_life_s);
  visit("refuse_refresh", f.refuse_refresh);
  visit("deny_authorize", f.deny_authorize);
  visit("refresh_mode", f.refresh_mode);
  visit("refresh_grace_s", f.refresh_grace_s);
  visit("family_revocation", f.family_revocation);
  visit("refresh_rolling", f.refresh_rolling);
  visit("refresh_kills_access", f.refresh_kills_access);
  visit("token_prose", f.token_prose);
  visit("revoked_access_cache_ms", f.revoked_access_cache_ms);
  visit("token_limit", f.token_limit);
  visit("token_chars", f.token_chars);
  visit("token_fields", f.token_fields);
  visit("device_pending", f.device_pending);
  visit("device_slow_down", f.device_slow_down);
  visit("device_life_s", f.device_life_s);
  visit("device_interval_s", f.device_interval_s);
  visit("clock_skew_s", f.clock_skew_s);
  visit("calling_data", f.calling_data);
  visit("people_page_max", f.people_page_max);
  visit("people_next", f.people_next);
  visit("people_shown", f.people_shown);
  visit("people_stale", f.people_stale);
  visit("people_omit", f.people_omit);
  visit("flags_as_text", f.flags_as_text);
  visit("item_errors", f.item_errors);
  visit("member_page_max", f.member_page_max);
  visit("member_next", f.member_next);
  visit("members_shown", f.members_shown);
  visit("members_stale", f.members_stale);
  visit("member_cap", f.member_cap);
  visit("group_pages", f.group_pages);
  visit("smtp_refuse", f.smtp_refuse);
  visit("server_heartbeats", f.server_heartbeats);
  visit("server_heartbeat_s", f.server_heartbeat_s);
  visit("client_heartbeat_timeout_s", f.client_heartbeat_timeout_s);
  visit("refuse_channel", f.refuse_channel);
  visit("channel_document_delay_ms", f.channel_document_delay_ms);
  visit("channel_expires_s", f.channel_expires_s);
  visit("xsp_down", f.xsp_down);
  visit("xsp_stall", f.xsp_stall);
  visit("xsp_deaf", f.xsp_deaf);
  visit("expired_token_cuts_streams", f.expired_token_cuts_streams);
  visit("affinity", f.affinity);
  visit("stream_chunk_bytes", f.stream_chunk_bytes);
  visit("stream_batch", f.stream_batch);
  visit("stream_cut_at", f.stream_cut_at);
  visit("stream_cut_how", f.stream_cut_how);
  visit("stream_cut_count", f.stream_cut_count);
  visit("heartbeat_style", f.heartbeat_style);
  visit("document_style", f.document_style);
  visit("ack_timeout_s", f.ack_timeout_s);
  visit("unanswered_limit", f.unanswered_limit);
  visit("ack_black_hole", f.ack_black_hole);
  visit("duplicate_events", f.duplicate_events);
  visit("duplicate_new_id", f.duplicate_new_id);
  visit("reorder_events", f.reorder_events);
  visit("redelivery_new_id", f.redelivery_new_id);
  visit("skip_sequence", f.skip_sequence);
  visit("lose_events", f.lose_events);
  visit("gone_subscription", f.gone_subscription);
  visit("orphan_grace_s", f.orphan_grace_s);
  visit("event_delay_ms", f.event_delay_ms);
  visit("call_extra_elements", f.call_extra_elements);
  visit("call_omit", f.call_omit);
  visit("delete_faults_for", f.delete_faults_for);
  visit("delete_delay_ms", f.delete_delay_ms);
  visit("release_delay_ms", f.release_delay_ms);
  visit("delete_without_release", f.delete_without_release);
  visit("delete_id_change", f.delete_id_change);
  visit("delete_404_race", f.delete_404_race);
  visit("directory_pages", f.directory_pages);
  visit("emergency_label", f.emergency_label);
}

template <class A, class Visit>
void each_part(A& a, Visit visit) {
  visit("door", a.door);
  visit("method", a.method);
  visit("path_contains", a.path_contains);
  visit("status", a.status);
  visit("count", a.count);
  visit("retry_after", a.retry_after);
  visit("body", a.body);
  visit("code", a.code);
  visit("for", a.person);
  visit("location", a.location);
  visit("every", a.every);
  visit("message", a.message);
  visit("delay_ms", a.delay_ms);
  visit("wire", a.wire);
  visit("cut_at", a.cut_at);
}

// Reads the members of `from` that `each` names; complains about the others.
struct Reader {
  json const& from;
  std::vector<std::string> known{};
  std::string complaint{};

  template <class T>
  void operator()(char const* name, T& into) {
    known.emplace_back(name);
    auto const found = from.find(name);
    if (found == from.end()) return;
    bool fits = false;
    if constexpr (std::is_same_v<T, bool>) fits = found->is_boolean();
    if constexpr (std::is_same_v<T, std::string>) fits = found->is_string();
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>)
      fits = found->is_number_integer();
    if (fits)
      into = found->template get<T>();
    else
      complaint = fmt::format("\"{}\" has the wrong kind of value", name);
  }

  std::string finish(std::initializer_list<std::string_view> also = {}) {
    if (!complaint.empty()) return complaint;
    for (auto const& [key, value] : from.items()) {
      bool fine = std::find(known.begin(), known.end(), key) != known.end();
      for (auto word : also) fine = fine || word == key;
      if (fine) continue;
      auto const near = nearest(key, known);
      return fmt::format("unknown switch \"{}\"{}; GET /sim/state lists them under \"faults\"", key,
                         near ? fmt::format(", did you mean \"{}\"?", *near) : std::string());
    }
    return {};
  }
};

template <class Words = std::initializer_list<std::string_view>>
std::string check_word(std::string_view name, std::string const& value, Words const& words) {
  for (std::string_view word : words)
    if (value == word) return {};
  std::string all;
  for (auto word : words) all += fmt::format("{}{}", all.empty() ? "" : ", ", word);
  return fmt::format("\"{}\" must be one of: {}", name, all);
}

std::string complaint_about(Faults const& f) {
  for (auto const& bad : {
           check_word("people_next", f.people_next, page_ways),
           check_word("member_next", f.member_next, page_ways),
           check_word("people_shown", f.people_shown, {"all", "half", "none"}),
           check_word("members_shown", f.members_shown, {"all", "half", "none"}),
           check_word("group_pages", f.group_pages,
                      {"good", "repeat", "duplicate", "short", "total_grows", "no_total"}),
           check_word("refresh_mode", f.refresh_mode, {"same", "rotate", "rotate_grace", "noop"}),
           check_word("smtp_refuse", f.smtp_refuse,
                      {"none", "", "rcpt_4xx", "rcpt_5xx", "data_4xx", "hang", "cut_after_data"}),
           check_word("token_fields", f.token_fields, {"all", "no_scope", "no_refresh", "bare"}),
           check_word("device_pending", f.device_pending, {"428_empty", "428_json", "400"}),
           check_word("server_heartbeats", f.server_heartbeats, {"timer", "echo", "none"}),
           check_word("stream_cut_how", f.stream_cut_how, {"clean", "fin", "reset", "silence"}),
           check_word("document_style", f.document_style,
                      {"plain", "no_declaration", "prefixes", "latin1", "spaced"}),
           check_word("heartbeat_style", f.heartbeat_style,
                      {"plain", "declared", "pair", "prefixed", "attributes", "spaced"}),
           check_word("directory_pages", f.directory_pages,
                      {"good", "total_grows", "total_shrinks", "no_total", "repeat", "duplicate",
                       "short", "too_many", "empty_last"}),
           check_word("gone_subscription", f.gone_subscription, {"403", "404"}),
           check_word("emergency_label", f.emergency_label, {"all", "none"}),
       })
    if (!bad.empty()) return bad;
  for (auto const& a : f.answers)
    for (auto const& bad : {
             a.door.starts_with("cms")
                 ? std::string()  // a meeting server's name
                 : check_word("door", a.door,
                              {"rest", "token", "channel", "events", "actions", "cms1", "any"}),
             check_word("body", a.body,
                        {"json", "html", "empty", "bad_utf8", "unknown_fields", "xsi", "xsi_json"}),
             check_word("wire", a.wire,
                        {"whole", "cut", "reset", "hang", "drip", "chunked", "cut_chunk",
                         "wrong_length", "lost"}),
             std::string(a.wire == "lost" && a.status != 0
                             ? "a \"lost\" answer is the true one: leave \"status\" out"
                             : ""),
             std::string(a.every < 1 ? "\"every\" must be at least 1" : ""),
         })
      if (!bad.empty()) return bad;
  if (f.server_heartbeat_s < 1 || f.client_heartbeat_timeout_s < 1 || f.people_page_max < 1 ||
      f.member_page_max < 1 || f.ack_timeout_s < 1 || f.stream_batch < 1 || f.device_life_s < 1)
    return "periods and page sizes must be at least 1";
  if (f.token_limit < 0 || f.item_errors < 0 || f.member_cap < 0 || f.revoked_access_cache_ms < 0 ||
      f.refresh_grace_s < 0 || f.device_interval_s < 0 || f.token_chars < 0 ||
      f.token_chars > 16384)
    return "limits and delays must not be negative, and token_chars at most 16384";
  return {};
}

Result<ScriptedAnswer> answer_from(json const& j) {
  if (!j.is_object()) return failure(ErrorKind::malformed, "\"answers\" must hold objects");
  ScriptedAnswer a;
  Reader read{j};
  each_part(a, std::ref(read));
  if (auto bad = read.finish(); !bad.empty()) return failure(ErrorKind::malformed, bad);
  return a;
}

}  // namespace

json to_json(Faults const& faults) {
  json out = json::object();
  each_switch(faults, [&](char const* name, auto const& value) { out[name] = value; });
  out["answers"] = json::array();
  for (auto const& a : faults.answers) {
    json one = json::object();
    each_part(a, [&](char const* name, auto const& value) { one[name] = value; });
    out["answers"].push_back(std::move(one));
  }
  return out;
}

Result<void> set_switches(Faults& faults, json const& wish) {
  if (!wish.is_object())
    return failure(ErrorKind::malformed, "the switches must be one JSON object");
  Faults next = faults;
  Reader read{wish};
  each_switch(next, std::ref(read));
  if (auto bad = read.finish({"answers"}); !bad.empty()) return failure(ErrorKind::malformed, bad);
  if (auto found = wish.find("answers"); found != wish.end()) {
    if (!found->is_array()) return failure(ErrorKind::malformed, "\"answers\" must be a list");
    next.answers.clear();
    for (auto const& j : *found) {
      auto one = answer_from(j);
      if (!one) return std::unexpected(one.error());
      next.answers.push_back(std::move(*one));
    }
  }
  if (auto bad = complaint_about(next); !bad.empty()) return failure(ErrorKind::malformed, bad);
  faults = std::move(next);
  return {};
}

Ending ending_of(std::string_view word) {
  if (word == "clean") return Ending::clean;
  if (word == "reset") return Ending::reset;
  if (word == "silence") return Ending::silence;
  return Ending::fin;
}

}  // namespace wardroom::sim
