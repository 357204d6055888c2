/// The switches that make one simulated bridge misbehave: its records, its posts, its API.
/// Source: cms.md 9 "Faults".
#pragma once
#include "base/result.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace wardroom::sim {

struct CmsFaults {
  // Records
  int lose_records = 0;      ///< the next n are numbered, but never kept for anybody
  bool tell_missing = true;  ///< numPreceedingRecordsMissing tells of lost ones
  std::string omit{};        ///< types that are neither made nor numbered: "callStart,callLegStart"
  int swap_records = 0;      ///< the next n pairs go out the wrong way round
  int late_call_start = 0;   ///< the next n callStarts come after the record behind them
  int end_twice = 0;         ///< the next n callLegEnds are made twice
  int store = 10'000;        ///< so many records are kept for a receiver, then the oldest go
  int clock_skew_s = 0;
  bool call_bridge = true;    ///< a clustered bridge tells its id
  bool link_sub_type = true;  ///< records say which legs join bridges
  bool strangers = false;     ///< elements, attributes and records of no document

  // Posts
  int most_per_post = 50;
  int duplicate_posts = 0;        ///< the next n come twice
  int lose_200 = 0;               ///< the next n answers do not arrive: sent again
  bool new_record_index = false;  ///< what is sent again has another recordIndex
  /// The next `garble_posts` are truncated, two_roots, stray_end, doctype, entities, bom, crlf,
  /// nul, bad_utf8, no_id, no_root, empty
  std::string garble = "truncated";
  int garble_posts = 0;
  std::string content_type = "text/xml";  ///< empty = none
  /// whole, or of the next `odd_posts`: chunked, slow (a byte each 3 ms), cut (in mid-body)
  std::string post_wire = "whole";
  int odd_posts = 0;
  bool close_each = false;  ///< a connection a post
  bool hold_posts = false;  ///< nothing is sent; goes on later

  // API
  bool dead = false;         ///< accepts requests, answers none; sends no posts; people go on
  int page_cap = 10;         ///< entries a page holds at most
  bool shift_pages = false;  ///< each page begins one entry too late, as when a list has shifted
  int busy = 0;              ///< the next n are 503
  int hang = 0;              ///< the next n are never answered
  int reset = 0;             ///< the next n are carried out, then the connection is reset
  int truncate = 0;          ///< the next n answers are half an XML document
  int html = 0;              ///< the next n answers are a page of a load balancer
  int redirect = 0;          ///< the next n are 302
  int delay_ms = 0;          ///< before each answer
  int end_after_put = 0;     ///< the next n messages are accepted and their calls end
  int refuse_puts = 0;       ///< the next n messages are 400 parameterError
  std::string receiver_parameter = "uri";  ///< or url: what POST …/cdrReceivers takes
  std::string link_in_api = "subType";     ///< subType, subtype or none
  bool link_participants = false;          ///< links are in the list of participants
  bool close = true;                       ///< Connection: close
};

nlohmann::json to_json(CmsFaults const& faults);
/// Sets the switches named in `wish`, all or none. Errors: malformed, naming what is known.
Result<void> set_switches(CmsFaults& faults, nlohmann::json const& wish);

}  // namespace wardroom::sim
