#include "sim/xsi_documents.hpp"

#include "base/encoding.hpp"
#include "sim/xml_reader.hpp"

#include <fmt/format.h>

#include <iterator>
#include <type_traits>

namespace wardroom::sim {
namespace {

constexpr std::string_view declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

class Writer {
 public:
  explicit Writer(std::string_view prefix) : prefix_(prefix) {}
  void open(std::string_view element, std::string_view attributes = "") {
    fmt::format_to(std::back_inserter(out_), "<{}{}{}>", prefix_, element, attributes);
  }
  void close(std::string_view element) {
    fmt::format_to(std::back_inserter(out_), "</{}{}>", prefix_, element);
  }
  void empty(std::string_view element) {
    fmt::format_to(std::back_inserter(out_), "<{}{}/>", prefix_, element);
  }
  void leaf(std::string_view element, std::string_view text, std::string_view attributes = "") {
    fmt::format_to(std::back_inserter(out_), "<{0}{1}{2}>{3}</{0}{1}>", prefix_, element,
                   attributes, xml_escape(text));
  }
  void leaf(std::string_view element, Instant t) { leaf(element, std::to_string(unix_ms(t))); }
  std::string take() { return std::move(out_); }

 private:
  std::string prefix_, out_;
};

std::string country_attribute(std::string const& code) {
  return code.empty() ? "" : fmt::format(" countryCode=\"{}\"", code);
}

// As another server, or another phone, might spell it.
std::string address_of(std::string_view number, Shape const& shape) {
  if (shape.address == "sip") return fmt::format("sip:{}@203.0.113.7;user=phone", number);
  if (shape.address == "bare") return std::string(number);
  if (shape.address != "dashes" || number.size() < 6) return fmt::format("tel:{}", number);
  return fmt::format("tel:{}-{}-{}", number.substr(0, 3), number.substr(3, 3), number.substr(6));
}

/// The elements that a call's shape leaves in.
class Selective {
 public:
  Selective(Writer& w, Shape const& shape) : w_(w), shape_(shape) {}
  bool has(char const* element) const { return !shape_.omit.contains(element); }
  template <class Value>
  void leaf(char const* element, Value const& value, std::string const& attributes = "") {
    if (!has(element)) return;
    if constexpr (std::is_convertible_v<Value, std::string_view>)
      w_.leaf(element, value, attributes);
    else
      w_.leaf(element, value);
  }
  std::string country(std::string const& code) const {
    return has("countryCode") ? country_attribute(code) : "";
  }

 private:
  Writer& w_;
  Shape const& shape_;
};

struct Shown {
  std::string name, number, country_code, type;
  Person const* person = nullptr;
};

void write_party(Writer& w, Shape const& shape, Shown const& who, std::string_view element) {
  Selective s(w, shape);
  w.open(element);
  bool const hidden = shape.privacy && !who.person;
  if (!who.name.empty() && !hidden) s.leaf("name", who.name);
  if (!who.number.empty() && !hidden)
    s.leaf("address", address_of(who.number, shape), s.country(who.country_code));
  if (who.person && !who.person->xsi_user.empty()) {
    auto const& office = *who.person->office;
    s.leaf("userId", who.person->xsi_user);
    s.leaf("userDN", fmt::format("tel:+{}-{}", office.country_code, who.person->number),
           s.country(office.country_code));
  }
  if (hidden) w.empty("privacy");
  if (!who.type.empty()) s.leaf("callType", who.type);
  w.close(element);
}

Shown shown(Leg const& leg) {
  return {leg.remote_name, leg.remote_address, leg.remote_country_code, leg.type, leg.remote};
}
Shown shown(Party const& party) {
  return {party.person ? party.person->name() : party.name, party.number, "",
          party.person ? "Group" : party.type, party.person};
}

void write_redirections(Writer& w, Call const& call, Leg const& leg) {
  if (leg.redirected && leg.state == LegState::alerting) {
    w.open("redirections");
    w.open("redirection");
    write_party(w, call.shape, shown(leg.redirected->party), "party");
    w.leaf("reason", leg.redirected->reason);
    w.leaf("counter", "1");
    w.close("redirection");
    w.close("redirections");
  }
  if (!leg.redirect) return;
  w.open("redirect");
  w.leaf("address", "tel:" + leg.redirect->party.number);
  w.leaf("reason", leg.redirect->reason);
  w.leaf("redirectTime", leg.redirect->at);
  w.close("redirect");
}

void write_queue(Writer& w, Leg const& leg) {
  w.open("acdCallInfo");
  w.leaf("acdUserId", leg.queue->xsi_user);
  w.leaf("acdName", leg.queue->name());
  w.leaf("acdNumber", "tel:" + leg.queue->e164());
  w.leaf("numCallsInQueue", "0");
  w.leaf("waitTime", "2000");
  w.open("callingPartyInfo");
  if (!leg.remote_name.empty()) w.leaf("name", leg.remote_name);
  w.leaf("address", "tel:" + leg.remote_address);
  w.leaf("callType", leg.type);
  w.close("callingPartyInfo");
  w.close("acdCallInfo");
}

// One character of UTF-8 at `at`; moves on.
std::uint32_t next_character(std::string_view text, std::size_t& at) {
  auto const lead = static_cast<unsigned char>(text[at++]);
  int const more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
  std::uint32_t c = more == 0 ? lead : lead & (0x3Fu >> more);
  for (int i = 0; i < more && at < text.size(); ++i)
    c = (c << 6) | (static_cast<unsigned char>(text[at++]) & 0x3F);
  return c;
}

std::string to_latin1(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    auto const c = next_character(text, at);
    if (c < 0x100)
      out += static_cast<char>(c);
    else
      out += fmt::format("&#{};", c);
  }
  return out;
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
}

}  // namespace

std::string call_xml(Call const& call, Leg const& leg, std::string_view prefix,
                     std::string_view element) {
  Writer w(prefix);
  Selective s(w, call.shape);
  w.open(element, prefix.empty() ? fmt::format(" xmlns=\"{}\"", xsi_namespace) : "");
  w.leaf("callId", leg.id);
  s.leaf("extTrackingId", call.tracking);
  if (call.shape.extra) {  // with a callId in it that is not the call's
    w.open("futureElement", " of=\"later &gt; releases\"");
    w.leaf("callId", "callhalf-0:0");
    w.close("futureElement");
  }
  if (!leg.originator && !leg.remote)
    s.leaf("networkCallId", fmt::format("BW{}@198.51.100.20", leg.id));
  s.leaf("personality", leg.click_to_dial ? "Click-to-Dial"
                        : leg.originator  ? "Originator"
                                          : "Terminator");
  s.leaf("state", std::string(name(leg.state)));
  bool const rejected = leg.released_by == "api" && !leg.answered;
  if (leg.state == LegState::released ? rejected || !leg.release_cause.empty()
                                      : !leg.release_cause.empty()) {
    w.open("releaseCause");
    w.leaf("internalReleaseCause",
           leg.release_cause.empty() ? "Temporarily Unavailable" : leg.release_cause);
    w.leaf("cdrTerminationCause", "031");
    w.close("releaseCause");
  }
  if (leg.state == LegState::released)
    w.leaf("releasingParty", leg.local_release ? "localRelease" : "remoteRelease");
  if (s.has("remoteParty")) write_party(w, call.shape, shown(leg), "remoteParty");
  write_redirections(w, call, leg);
  if ((leg.originator || leg.off_hook) && s.has("endpoint")) {
    auto const type = fmt::format(" xsi1:type=\"{}AccessEndpoint\"", prefix);
    w.open("endpoint", prefix.empty()
                           ? type + " xmlns:xsi1=\"http://www.w3.org/2001/XMLSchema-instance\""
                           : type);
    w.leaf("addressOfRecord", "d" + leg.owner->xsi_user);
    w.close("endpoint");
    s.leaf("appearance", "1");
  }
  if (leg.state == LegState::held) w.empty("allowRetrieve");
  if (leg.queue) w.leaf("huntGroupUserId", leg.queue->xsi_user);
  if (!leg.recall_type.empty()) w.leaf("recallType", leg.recall_type);
  s.leaf("startTime", leg.started);
  if (leg.answered) s.leaf("answerTime", *leg.answered);
  if (leg.held) w.leaf("heldTime", *leg.held);
  if (leg.detached) w.leaf("detachedTime", *leg.detached);
  if (leg.released) w.leaf("releaseTime", *leg.released);
  if (leg.queue) write_queue(w, leg);
  if (call.shape.extra) w.empty("oneMoreThing");
  w.close(element);
  return w.take();
}

std::string event_document(EventHead const& head, std::string_view type, std::string_view data) {
  auto out = fmt::format(
      "{}\n<xsi:Event xmlns:xsi=\"{}\" xmlns:xsi1=\"http://www.w3.org/2001/XMLSchema-instance\" "
      "xsi1:type=\"xsi:SubscriptionEvent\"><xsi:eventID>{}</xsi:eventID>"
      "<xsi:sequenceNumber>{}</xsi:sequenceNumber><xsi:userId>{}</xsi:userId>"
      "<xsi:externalApplicationId>{}</xsi:externalApplicationId>"
      "<xsi:subscriptionId>{}</xsi:subscriptionId><xsi:channelId>{}</xsi:channelId>",
      declaration, xsi_namespace, head.event_id, head.sequence, head.owner,
      xml_escape(head.application_id), head.subscription_id, head.channel_id);
  if (!head.target.empty()) out += fmt::format("<xsi:targetId>{}</xsi:targetId>", head.target);
  if (data.empty())
    out += fmt::format("<xsi:eventData xsi1:type=\"xsi:{}\"/>", type);
  else
    out += fmt::format("<xsi:eventData xsi1:type=\"xsi:{}\">{}</xsi:eventData>", type, data);
  return out + "</xsi:Event>";
}

std::string channel_terminated_document(std::string_view channel_id, std::string_view reason) {
  return fmt::format(
      "{}\n<xsi:Event xmlns:xsi=\"{}\" xmlns:xsi1=\"http://www.w3.org/2001/XMLSchema-instance\" "
      "xsi1:type=\"xsi:ChannelTerminatedEvent\"><xsi:channelId>{}</xsi:channelId>"
      "<xsi:reason>{}</xsi:reason></xsi:Event>",
      declaration, xsi_namespace, channel_id, reason);
}

std::string channel_document(std::string_view channel_id, std::int64_t expires_s) {
  return xsi_document("Channel", fmt::format("<channelId>{}</channelId><expires>{}</expires>",
                                             channel_id, expires_s));
}

std::string xsi_document(std::string_view element, std::string_view inner) {
  if (inner.empty())
    return fmt::format("{}\n<{} xmlns=\"{}\"/>", declaration, element, xsi_namespace);
  return fmt::format("{0}\n<{1} xmlns=\"{2}\">{3}</{1}>", declaration, element, xsi_namespace,
                     inner);
}

std::string restyle(std::string document, std::string_view style) {
  if (style == "plain") return document;
  if (style == "spaced") return "\r\n\n " + document + "\r\n\r\n";
  if (style == "no_declaration") {
    if (document.starts_with(declaration)) document.erase(0, declaration.size() + 1);
    return document;
  }
  if (style == "latin1") {
    replace_all(document, "encoding=\"UTF-8\"", "encoding=\"ISO-8859-1\"");
    return document.starts_with("<?xml") ? to_latin1(document) : document;
  }
  // prefixes: today's habit elsewhere, xsi = XMLSchema-instance and another word for ours
  replace_all(document, "xmlns:xsi=", "xmlns:bw=");
  replace_all(document, "<xsi:", "<bw:");
  replace_all(document, "</xsi:", "</bw:");
  replace_all(document, "\"xsi:", "\"bw:");
  replace_all(document, "xmlns:xsi1=", "xmlns:xsi=");
  replace_all(document, " xsi1:type", " xsi:type");
  replace_all(
      document, "<ChannelHeartBeat xmlns=\"http://schema.broadsoft.com/xsi\"/>",
      "<bw:ChannelHeartBeat xmlns:bw='http://schema.broadsoft.com/xsi'></bw:ChannelHeartBeat>");
  return document;
}

}  // namespace wardroom::sim
