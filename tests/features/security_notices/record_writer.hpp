/// Writes call detail records as a bridge does: sessions, numbers, posts.
#pragma once
#include "base/time_text.hpp"
#include "domain/conference.hpp"
#include "runtime/clock.hpp"

#include <fmt/format.h>

#include <deque>
#include <string>

namespace wardroom::security_notices::test {

/// What was not taken waits here, as in a bridge's own store.
class RecordWriter {
 public:
  RecordWriter(Clock& clock, std::string session) : clock_(clock), session_(std::move(session)) {}

  void call_start(std::string const& call, std::string const& correlator,
                  std::string const& space) {
    add("callStart",
        fmt::format("<call id=\"{}\"><name>Meeting {}</name><callType>{}</callType>"
                    "<coSpace>{}</coSpace><callCorrelator>{}</callCorrelator></call>",
                    call, call, space.empty() ? "adHoc" : "coSpace", space, correlator));
  }
  void call_end(std::string const& call) {
    add("callEnd",
        fmt::format("<call id=\"{}\"><durationSeconds>1</durationSeconds></call>", call));
  }
  void leg_start(conference::LegFacts const& leg) {
    add("callLegStart",
        fmt::format("<callLeg id=\"{}\">{}{}{}{}{}{}{}{}{}{}{}</callLeg>", leg.id.text(),
                    element("remoteParty", leg.remote_party),
                    element("remoteAddress", leg.remote_address),
                    element("displayName", leg.display_name), element("type", leg.type),
                    element("subType", leg.sub_type), element("direction", leg.direction),
                    element("groupId", leg.group_id), flag("guestConnection", leg.guest),
                    flag("recording", leg.recording), flag("streaming", leg.streaming),
                    leg.in_ivr ? "<ivr/>" : place(leg)));
  }
  void leg_update(conference::LegFacts const& leg) {
    add("callLegUpdate",
        fmt::format("<callLeg id=\"{}\">{}{}{}{}{}{}</callLeg>", leg.id.text(),
                    leg.connected.value_or(false) ? "<state>connected</state>" : "",
                    leg.in_ivr ? "<ivr/>" : place(leg), flag("deactivated", leg.deactivated),
                    element("displayName", leg.display_name),
                    element("remoteAddress", leg.remote_address),
                    element("groupId", leg.group_id)));
  }
  void leg_end(std::string const& leg, std::string const& reason = "remoteTeardown") {
    add("callLegEnd", fmt::format("<callLeg id=\"{}\"><reason>{}</reason></callLeg>", leg, reason));
  }
  void add(std::string const& type, std::string const& inner) {
    auto const missing =
        lost_ > 0 ? fmt::format(" numPreceedingRecordsMissing=\"{}\"", lost_) : std::string();
    lost_ = 0;
    waiting_.push_back(fmt::format(
        "<record type=\"{}\" time=\"{}\" recordIndex=\"{}\" "
        "correlatorIndex=\"{}\"{}>\n{}\n</record>\n",
        type, iso_text(clock_.now()).substr(0, 19) + 'Z', ++sent_, next_++, missing, inner));
  }

  /// The first that waits are gone for good; the next one made says so, when it shall.
  void lose(std::size_t count, bool say_so = true) {
    for (std::size_t i = 0; i < count && !waiting_.empty(); ++i) waiting_.pop_front();
    if (say_so) lost_ += count;
  }
  void restart(std::string session) {
    session_ = std::move(session);
    next_ = sent_ = lost_ = 0;
    waiting_.clear();
  }

  /// One post with all that waits.
  std::string post() const {
    std::string out = fmt::format("<?xml version=\"1.0\"?>\n<records session=\"{}\">\n", session_);
    for (auto const& record : waiting_) out += record;
    return out + "</records>\n";
  }
  void taken() { waiting_.clear(); }
  std::size_t waiting() const { return waiting_.size(); }
  std::uint64_t next_index() const { return next_; }
  std::string const& session() const { return session_; }

 private:
  static std::string element(std::string_view name, conference::Text const& text) {
    return text ? fmt::format("<{}>{}</{}>", name, *text, name) : std::string();
  }
  static std::string flag(std::string_view name, conference::Flag const& flag) {
    return flag ? fmt::format("<{}>{}</{}>", name, *flag, name) : std::string();
  }
  static std::string place(conference::LegFacts const& leg) {
    return leg.call ? fmt::format("<call>{}</call>", leg.call->text()) : std::string();
  }

  Clock& clock_;
  std::string session_;
  std::deque<std::string> waiting_;
  std::uint64_t next_ = 0, sent_ = 0, lost_ = 0;
};

}  // namespace wardroom::security_notices::test
