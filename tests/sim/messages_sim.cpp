#include "sim/messages_sim.hpp"

#include "base/encoding.hpp"
#include "sim/instant_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace wardroom::sim {
namespace {

using nlohmann::json;
constexpr std::size_t kept = 1000, longest_text = 7439, most = 1000;

std::string text_in(json const& j, char const* key) {
  auto const found = j.find(key);
  return found != j.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

Answer MessagesSim::handle(Request const& request, Bearer const& who, std::string const& id) {
  bool const writing = request.method == http::Method::post;
  if (!writing && request.method != http::Method::get)
    return webex_wrong_method("GET, POST", request);
  auto const scope = writing ? "spark:messages_write" : "spark:messages_read";
  if (!who.may(scope) && !who.may("spark:all"))
    return webex_error(403, std::string("The token lacks the scope ") + scope, request);
  if (writing) return id.empty() ? post(request, who) : webex_wrong_method("GET", request);
  if (id.empty()) return list(request, who);
  for (auto const& m : messages_)
    if (m.id == id && m.room->find(*who.person)) return webex_ok(shown(m));
  return webex_error(404, "Could not find a message with provided ID.", request);
}

Answer MessagesSim::post(Request const& request, Bearer const& who) {
  if (!request.header("Content-Type").starts_with("application/json"))
    return webex_error(415, "Send application/json", request);
  auto const body = json::parse(request.body, nullptr, false);
  if (!body.is_object()) return webex_error(400, "The body is no JSON object", request);
  auto const room_id = text_in(body, "roomId"), to_id = text_in(body, "toPersonId"),
             to_email = text_in(body, "toPersonEmail");
  if ((!room_id.empty()) + (!to_id.empty()) + (!to_email.empty()) != 1)
    return webex_error(400, "Exactly one of roomId, toPersonId and toPersonEmail is needed",
                       request);
  Message m{.text = text_in(body, "text"), .markdown = text_in(body, "markdown")};
  if (m.text.empty() && m.markdown.empty())
    return webex_error(400, "Message content must be provided.", request);
  if (m.text.size() > longest_text || m.markdown.size() > longest_text)
    return webex_error(400, "The message is longer than 7439 bytes", request);
  m.from = who.person;
  if (!room_id.empty()) {
    m.room = rooms_.visible(room_id, *who.person);
    if (!m.room) return webex_error(404, "Could not find a room with provided ID.", request);
  } else {
    m.to = to_id.empty() ? org_.by_email(to_email) : org_.by_api_id(to_id);
    if (!m.to || m.to == m.from)
      return webex_error(404, "Could not find a person to write to.", request);
    m.room = &rooms_.direct(*m.from, *m.to);
  }
  m.id = api_id("MESSAGE", dice_.uuid());
  m.at = clock_.now();
  messages_.push_back(std::move(m));
  if (messages_.size() > kept) messages_.pop_front();
  return webex_ok(shown(messages_.back()));
}

Answer MessagesSim::list(Request const& request, Bearer const& who) {
  auto const q = http::parse_query(request.query);
  if (!q) return webex_error(400, "The query cannot be read", request);
  auto const* from = rooms_.visible(http::find(*q, "roomId").value_or(""), *who.person);
  if (!from) return webex_error(404, "Could not find a room with provided ID.", request);
  bool const bot = who.person->type == "bot";
  if (bot && !from->direct && http::find(*q, "mentionedPeople").value_or("") != "me")
    return webex_error(403, "A bot reads a group space with mentionedPeople=me only", request);
  std::size_t max = 50;
  if (auto const asked = http::find(*q, "max")) {
    auto const [end, error] = std::from_chars(asked->data(), asked->data() + asked->size(), max);
    if (error != std::errc() || end != asked->data() + asked->size() || max == 0)
      return webex_error(400, "max must be a positive number", request);
  }
  auto items = json::array();
  for (auto m = messages_.rbegin(); m != messages_.rend() && items.size() < std::min(max, most);
       ++m) {
    bool const mentioned = m->markdown.find(who.person->email) != std::string::npos;
    if (m->room == from && (!bot || from->direct || mentioned)) items.push_back(shown(*m));
  }
  return webex_ok({{"items", std::move(items)}});
}

json MessagesSim::shown(Message const& m) const {
  json out{{"id", m.id},
           {"roomId", m.room->id},
           {"roomType", m.room->direct ? "direct" : "group"},
           {"text", m.text.empty() ? m.markdown : m.text},
           {"personId", m.from->id},
           {"personEmail", m.from->email},
           {"created", text_of(m.at)}};
  if (!m.markdown.empty()) out["markdown"] = m.markdown;
  return out;
}

json MessagesSim::sent(std::string_view to) const {
  auto out = json::array();
  for (auto const& m : messages_)
    if (to.empty() || (m.to && m.to->email == to))
      out.push_back({{"id", m.id},
                     {"at", text_of(m.at)},
                     {"room_id", m.room->id},
                     {"room", m.room->title},
                     {"from", m.from->email},
                     {"to", m.to ? json(m.to->email) : json()},
                     {"text", m.text},
                     {"markdown", m.markdown}});
  return out;
}

}  // namespace wardroom::sim
