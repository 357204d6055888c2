#include "sim/cms_faults.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <type_traits>

namespace wardroom::sim {
namespace {
using nlohmann::json;

template <class F, class Visit>
void each(F& f, Visit visit) {
  visit("lose_records", f.lose_records);
  visit("tell_missing", f.tell_missing);
  visit("omit", f.omit);
  visit("swap_records", f.swap_records);
  visit("late_call_start", f.late_call_start);
  visit("end_twice", f.end_twice);
  visit("store", f.store);
  visit("clock_skew_s", f.clock_skew_s);
  visit("call_bridge", f.call_bridge);
  visit("link_sub_type", f.link_sub_type);
  visit("strangers", f.strangers);
  visit("most_per_post", f.most_per_post);
  visit("duplicate_posts", f.duplicate_posts);
  visit("lose_200", f.lose_200);
  visit("new_record_index", f.new_record_index);
  visit("garble", f.garble);
  visit("garble_posts", f.garble_posts);
  visit("content_type", f.content_type);
  visit("post_wire", f.post_wire);
  visit("odd_posts", f.odd_posts);
  visit("close_each", f.close_each);
  visit("hold_posts", f.hold_posts);
  visit("dead", f.dead);
  visit("page_cap", f.page_cap);
  visit("shift_pages", f.shift_pages);
  visit("busy", f.busy);
  visit("hang", f.hang);
  visit("reset", f.reset);
  visit("truncate", f.truncate);
  visit("html", f.html);
  visit("redirect", f.redirect);
  visit("delay_ms", f.delay_ms);
  visit("end_after_put", f.end_after_put);
  visit("refuse_puts", f.refuse_puts);
  visit("receiver_parameter", f.receiver_parameter);
  visit("link_in_api", f.link_in_api);
  visit("link_participants", f.link_participants);
  visit("close", f.close);
}

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
    if constexpr (std::is_same_v<T, int>) fits = found->is_number_integer();
    if (fits)
      into = found->template get<T>();
    else
      complaint = fmt::format("\"{}\" has the wrong kind of value", name);
  }
};

std::string check_word(std::string_view name, std::string const& value,
                       std::initializer_list<std::string_view> words) {
  if (std::ranges::find(words, value) != words.end()) return {};
  return fmt::format("\"{}\" must be one of: {}", name, fmt::join(words, ", "));
}

std::string complaint_about(CmsFaults const& f) {
  for (auto const& bad :
       {check_word("garble", f.garble,
                   {"truncated", "two_roots", "stray_end", "doctype", "entities", "bom", "crlf",
                    "nul", "bad_utf8", "no_id", "no_root", "empty"}),
        check_word("post_wire", f.post_wire, {"whole", "chunked", "slow", "cut"}),
        check_word("receiver_parameter", f.receiver_parameter, {"uri", "url"}),
        check_word("link_in_api", f.link_in_api, {"subType", "subtype", "none"})})
    if (!bad.empty()) return bad;
  if (f.page_cap < 1 || f.most_per_post < 1 || f.store < 1)
    return "page_cap, most_per_post and store must be at least 1";
  return {};
}

}  // namespace

json to_json(CmsFaults const& faults) {
  json out = json::object();
  each(faults, [&](char const* name, auto const& value) { out[name] = value; });
  return out;
}

Result<void> set_switches(CmsFaults& faults, json const& wish) {
  if (!wish.is_object())
    return failure(ErrorKind::malformed, "the switches must be one JSON object");
  CmsFaults next = faults;
  Reader read{wish};
  each(next, std::ref(read));
  if (!read.complaint.empty()) return failure(ErrorKind::malformed, read.complaint);
  for (auto const& [key, value] : wish.items()) {
    if (std::ranges::find(read.known, key) != read.known.end()) continue;
    auto const near = nearest(key, read.known);
    return failure(ErrorKind::malformed,
                   fmt::format("unknown switch \"{}\"{}; GET /sim/cms lists them", key,
                               near ? fmt::format(", did you mean \"{}\"?", *near) : ""));
  }
  if (auto bad = complaint_about(next); !bad.empty()) return failure(ErrorKind::malformed, bad);
  faults = std::move(next);
  return {};
}

}  // namespace wardroom::sim
