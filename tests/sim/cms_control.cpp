#include "sim/cms_control.hpp"

#include "sim/control_json.hpp"
#include "sim/wire_text.hpp"

#include <array>
#include <optional>

namespace wardroom::sim {
namespace {
using nlohmann::json;

Answer refused(Error const& error) {
  return trouble(error.kind == ErrorKind::not_found  ? 404
                 : error.kind == ErrorKind::conflict ? 409
                                                     : 400,
                 error.what);
}
Answer told(Result<void> const& done, json more = json::object()) {
  more["done"] = true;
  return done ? ok(more) : refused(done.error());
}
bool yes(json const& wish, char const* key, bool otherwise = false) {
  auto const found = wish.find(key);
  return found != wish.end() && found->is_boolean() ? found->get<bool>() : otherwise;
}

template <class Word, std::size_t N>
std::optional<Word> word_in(std::array<std::pair<char const*, Word>, N> const& words,
                            std::string const& text) {
  for (auto const& [word, value] : words)
    if (text == word) return value;
  return std::nullopt;
}
constexpr std::array vias{std::pair("sip", CmsVia::sip),         std::pair("app", CmsVia::app),
                          std::pair("web_app", CmsVia::web_app), std::pair("guest", CmsVia::guest),
                          std::pair("lync", CmsVia::lync),       std::pair("avaya", CmsVia::avaya)};
constexpr std::array states{std::pair("connected", CmsState::connected),
                            std::pair("ringing", CmsState::ringing),
                            std::pair("ivr", CmsState::ivr), std::pair("lobby", CmsState::lobby)};

Answer no_such_route() { return trouble(404, "no such route; docs/api.md lists them"); }

}  // namespace

Answer CmsControl::handle(Request const& request, std::vector<std::string> const& path) {
  auto const wish = request.body.empty() ? json::object() : json::parse(request.body);
  if (path.empty() && request.method == http::Method::get) return ok(all_.state());
  if (request.method != http::Method::post || path.empty()) return no_such_route();
  if (all_.bridges() == 0)
    return trouble(409, "there is no bridge: start wardroom-sim with --cms 127.0.0.1:8484");
  if (path[0] == "join" && path.size() == 1) return join(wish);
  if (path.size() != 3) return no_such_route();
  if (path[0] == "people") return person(path[1], path[2], wish);
  if (path[0] == "conferences") return conference(path[1], path[2], wish);
  if (path[0] == "bridges") return bridge(path[1], path[2], wish);
  return no_such_route();
}

Result<std::size_t> CmsControl::bridge_in(json const& wish) const {
  auto const found = wish.find("bridge");
  if (found == wish.end()) return 0;
  for (std::size_t i = 0; i < all_.bridges(); ++i)
    if ((found->is_string() && all_.bridge(i).options.name == found->get<std::string>()) ||
        (found->is_number_unsigned() && found->get<std::size_t>() == i + 1))
      return i;
  return failure(ErrorKind::not_found, "there is no such bridge; GET /sim/cms lists them");
}

Answer CmsControl::join(json const& wish) {
  auto const bridge = bridge_in(wish);
  auto const via = word_in(vias, text_in(wish, "via", "sip"));
  auto const state = word_in(states, text_in(wish, "state", "connected"));
  if (!bridge) return refused(bridge.error());
  if (!via) return trouble(400, "via is sip, app, web_app, guest, lync or avaya");
  if (!state) return trouble(400, "state is connected, ringing, ivr or lobby");
  CmsJoin join;
  join.conference = text_in(wish, "conference");
  join.bridge = *bridge;
  join.name = text_in(wish, "name");
  join.address = text_in(wish, "address");
  join.via = *via;
  join.state = *state;
  join.first_address = text_in(wish, "first_address");
  join.outgoing = yes(wish, "outgoing");
  join.early_call = yes(wish, "early_call");
  join.type = text_in(wish, "type", join.type);
  join.leg = text_in(wish, "leg");
  auto const no = all_.join(std::move(join));
  if (!no) return refused(no.error());
  auto const& person = all_.people().at(*no);
  return ok({{"person", *no},
             {"call", person.call},
             {"leg", person.legs.front()},
             {"bridge", all_.bridge(person.bridge).options.name}},
            201);
}

Answer CmsControl::person(std::string const& number_text, std::string const& act,
                          json const& wish) {
  auto const no = number<std::uint64_t>(number_text);
  if (!no) return trouble(404, "people are named by their number; GET /sim/cms lists them");
  if (act == "leave") return told(all_.leave(*no, text_in(wish, "reason", "remoteTeardown")));
  if (act == "admit") return told(all_.admit(*no));
  if (act == "answer") return told(all_.answer(*no));
  if (act == "put_through") return told(all_.put_through(*no, text_in(wish, "conference")));
  if (act == "readdress") return told(all_.readdress(*no, text_in(wish, "address")));
  if (act == "rename") return told(all_.rename(*no, text_in(wish, "name")));
  if (act == "mention")
    return told(all_.mention(*no, {yes(wish, "state", true), yes(wish, "call", true)}));
  if (act == "share") return told(all_.share(*no));
  if (act != "move") return no_such_route();
  auto const bridge = bridge_in(wish);
  if (!bridge) return refused(bridge.error());
  auto const order = text_in(wish, "order", "start_first");
  if (order != "start_first" && order != "end_first")
    return trouble(400, "order is start_first or end_first");
  return told(all_.move(
      *no, *bridge, order == "end_first" ? CmsMoveOrder::end_first : CmsMoveOrder::start_first));
}

Answer CmsControl::conference(std::string const& name, std::string const& act, json const& wish) {
  if (act == "end") return told(all_.end(name, yes(wish, "legs_open")));
  auto const bridge = bridge_in(wish);
  if (!bridge) return refused(bridge.error());
  if (act == "open") return told(all_.open(name, *bridge, text_in(wish, "type", "coSpace")));
  if (act == "record" || act == "stream") {
    auto const id = all_.start_machine(name, *bridge, act == "stream", yes(wish, "sip"));
    return id ? ok({{"machine", *id}}, 201) : refused(id.error());
  }
  if (act != "stop") return no_such_route();
  return told(all_.stop_machine(text_in(wish, "machine")));
}

Answer CmsControl::message(CmsBridge& bridge, json const& wish) {
  auto const call = text_in(wish, "call"), name = text_in(wish, "conference");
  std::size_t changed = 0;
  for (auto const& [id, one] : std::map(bridge.calls)) {
    if (!call.empty() ? id != call : !name.empty() && one.name != name) continue;
    bridge.set_message(id, {text_in(wish, "text"),
                            text_in(wish, "position", "middle"),
                            text_in(wish, "duration", "0"),
                            {}});
    ++changed;
  }
  return changed > 0 ? ok({{"changed", changed}}) : trouble(404, "no such call on that bridge");
}

Answer CmsControl::bridge(std::string const& name, std::string const& act, json const& wish) {
  auto* const found = all_.bridge_named(name);
  if (!found) return trouble(404, "there is no bridge " + name);
  auto const at = found->number;
  if (act == "faults") {
    auto next = yes(wish, "reset") ? CmsFaults{} : found->faults;
    auto switches = wish;
    switches.erase("reset");
    auto const set = set_switches(next, switches);
    if (!set) return refused(set.error());
    found->faults = std::move(next);
    found->wake_receivers();
    return ok({{"faults", to_json(found->faults)}});
  }
  if (act == "message") return message(*found, wish);
  if (act == "password") {
    found->options.password = text_in(wish, "password");
    return ok({{"done", true}});
  }
  if (act == "receivers") {
    auto const made = found->add_receiver(text_in(wish, "uri"));
    return made ? ok({{"receiver", (*made)->id}}, 201) : refused(made.error());
  }
  if (act == "forget_receivers") {
    for (auto const& r : std::vector(found->receivers)) found->remove_receiver(r->id);
    return ok({{"done", true}});
  }
  if (act == "restart" || act == "crash") all_.crash(at);
  if (act == "restart" || act == "start")
    all_.start(at);
  else if (act == "scan")
    all_.scan(at);
  else if (act != "crash")
    return no_such_route();
  return ok({{"session", found->session}, {"up", found->up}});
}

}  // namespace wardroom::sim
