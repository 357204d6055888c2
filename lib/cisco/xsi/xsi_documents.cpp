#include "cisco/xsi/xsi_documents.hpp"

#include "base/encoding.hpp"
#include "base/xml.hpp"
#include "cisco/xsi/xsi_call_element.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace wardroom::xsi {
namespace {

constexpr std::string_view declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

std::string element(std::string_view name, std::string_view text) {
  std::string out = "<";
  out.append(name).append(">").append(xml_escape(text)).append("</").append(name).append(">");
  return out;
}

std::string root(std::string_view name, std::string const& content) {
  std::string out(declaration);
  out.append("<").append(name).append(" xmlns=\"").append(name_space).append("\">");
  return out.append(content).append("</").append(name).append(">");
}

std::string text(std::chrono::seconds expires) { return std::to_string(expires.count()); }

std::unexpected<Error> unfit(std::string_view wanted, std::string_view why) {
  return failure(ErrorKind::malformed, "XSI answered something else than a " + std::string(wanted) +
                                           " document: " + std::string(why));
}

Result<xml::Document> document(std::string_view body, std::string_view wanted) {
  auto read = xml::parse(body);
  if (!read) return unfit(wanted, read.error().what);
  auto const found = read->root();
  if (found.name() != wanted || found.name_space() != name_space)
    return unfit(wanted, "its root is '" + std::string(found.name()) + "'");
  return read;
}

std::chrono::seconds granted(xml::Element element) {
  return std::chrono::seconds(
      std::max<std::int64_t>(0, integer(element.text_of("expires")).value_or(0)));
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string country_code(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  return std::string(text);
}

/// BadgerFish: the text of an element is its member "$".
std::string text_of(nlohmann::json const& parent, char const* name) {
  auto const found = parent.find(name);
  if (found == parent.end()) return {};
  auto const& value = found->is_object() && found->contains("$") ? found->at("$") : *found;
  if (value.is_string()) return value.get<std::string>();
  return value.is_number_integer() ? std::to_string(value.get<std::int64_t>()) : std::string();
}

std::optional<ErrorInfo> error_of_json(std::string_view body) {
  auto const read = nlohmann::json::parse(body, nullptr, false);
  if (!read.is_object()) return std::nullopt;
  auto const info = read.find("ErrorInfo");
  if (info == read.end() || !info->is_object()) return std::nullopt;
  auto const english = text_of(*info, "summaryEnglish");
  return ErrorInfo{integer(text_of(*info, "errorCode")).value_or(0),
                   english.empty() ? text_of(*info, "summary") : english};
}

CallingUser user(xml::Element details, xml::Element additional) {
  CallingUser out;
  out.id = XsiUserId(std::string(details.text_of("userId")));
  out.person_uuid = lower(details.text_of("externalId"));
  auto const email = details.has("emailAddress") ? details.text_of("emailAddress")
                                                 : additional.text_of("emailAddress");
  out.email = lower(email);
  out.number = details.text_of("number");
  out.extension = details.text_of("extension");
  out.country_code = country_code(details.text_of("countryCode"));
  std::string const first(details.text_of("firstName")), last(details.text_of("lastName"));
  out.display_name = first.empty() || last.empty() ? first + last : first + ' ' + last;
  return out;
}

}  // namespace

std::string channel_body(std::string_view channel_set, std::string_view application,
                         std::chrono::seconds expires) {
  return root("Channel", element("channelSetId", channel_set) + element("priority", "1") +
                             element("weight", "50") + element("expires", text(expires)) +
                             element("applicationId", application));
}

std::string channel_refresh_body(std::chrono::seconds expires) {
  return root("Channel", element("expires", text(expires)));
}

std::string subscription_body(std::string_view package, std::string_view channel_set,
                              std::string_view application, std::chrono::seconds expires) {
  return root("Subscription", element("event", package) + element("expires", text(expires)) +
                                  element("channelSetId", channel_set) +
                                  element("applicationId", application));
}

std::string subscription_refresh_body(std::chrono::seconds expires) {
  return root("Subscription", element("expires", text(expires)));
}

std::string event_response_body(EventId const& event) {
  return root("EventResponse", element("eventID", event.text()) + element("statusCode", "200") +
                                   element("reason", "OK"));
}

Result<Granted> read_subscription(std::string_view body) {
  auto const read = document(body, "Subscription");
  if (!read) return std::unexpected(read.error());
  Granted out{std::string(read->root().text_of("subscriptionId")), granted(read->root())};
  if (out.id.empty()) return unfit("Subscription", "it has no subscriptionId");
  return out;
}

std::optional<std::chrono::seconds> read_channel_expiry(std::string_view body) {
  auto const read = document(body, "Channel");
  if (!read || granted(read->root()).count() == 0) return std::nullopt;
  return granted(read->root());
}

std::chrono::seconds usable_life(std::chrono::seconds granted_life) {
  return std::clamp(granted_life, std::chrono::seconds(20), std::chrono::seconds(2 * 86'400));
}

Result<std::vector<std::string>> read_channel_set(std::string_view body) {
  auto const read = document(body, "ChannelSet");
  if (!read) return std::unexpected(read.error());
  std::vector<std::string> out;
  for (auto channel = read->root().child("channel"); channel; channel = channel.next_same()) {
    auto const id = channel.has("channelId") ? channel.text_of("channelId") : channel.text();
    if (!id.empty()) out.emplace_back(id);
  }
  return out;
}

std::optional<ErrorInfo> read_error(std::string_view body) {
  if (body.find_first_not_of(" \r\n\t") == body.find('{')) return error_of_json(body);
  auto const read = document(body, "ErrorInfo");
  if (!read) return std::nullopt;
  auto const root_element = read->root();
  auto const english = root_element.text_of("summaryEnglish");
  return ErrorInfo{integer(root_element.text_of("errorCode")).value_or(0),
                   std::string(english.empty() ? root_element.text_of("summary") : english)};
}

bool says_missing(int status, std::string_view body) {
  if (status == 404 || status == 410) return true;
  if (status != 403) return false;
  auto const info = read_error(body);
  return info && info->code / 100 == 1108;
}

Result<std::vector<CallId>> read_call_list(std::string_view body) {
  auto const read = document(body, "Calls");
  if (!read) return std::unexpected(read.error());
  std::vector<CallId> out;
  for (auto call = read->root().child("call"); call; call = call.next_same())
    if (auto const id = call.text_of("callId"); !id.empty()) out.emplace_back(std::string(id));
  return out;
}

Result<CallLeg> read_call(std::string_view body) {
  auto const read = document(body, "Call");
  if (!read) return std::unexpected(read.error());
  auto leg = call_leg(read->root());
  if (!leg) return unfit("Call", "it has no callId");
  return std::move(*leg);
}

Result<CallingUser> read_profile(std::string_view body) {
  auto const read = document(body, "Profile");
  if (!read) return std::unexpected(read.error());
  auto const profile = read->root();
  auto out = user(profile.child("details"), profile.child("additionalDetails"));
  if (out.id.empty()) return unfit("Profile", "it has no userId");
  if (out.country_code.empty()) out.country_code = country_code(profile.text_of("countryCode"));
  return out;
}

Result<DirectoryPage> read_directory_page(std::string_view body) {
  auto const read = document(body, "Enterprise");
  if (!read) return std::unexpected(read.error());
  auto const enterprise = read->root();
  auto const total = integer(enterprise.text_of("totalAvailableRecords"));
  if (!total || *total < 0) return unfit("Enterprise", "it has no totalAvailableRecords");
  DirectoryPage page;
  page.total = *total;
  page.start = integer(enterprise.text_of("startIndex")).value_or(0);
  auto details = enterprise.child("enterpriseDirectory").child("directoryDetails");
  for (; details; details = details.next_same()) {
    ++page.records;
    auto found = user(details, details.child("additionalDetails"));
    if (!found.id.empty()) page.users.push_back(std::move(found));
  }
  return page;
}

}  // namespace wardroom::xsi
