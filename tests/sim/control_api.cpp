#include "sim/control_api.hpp"

#include "sim/cms_control.hpp"
#include "sim/control_json.hpp"
#include "sim/story.hpp"

#include <fmt/format.h>

#include <optional>

namespace wardroom::sim {
namespace {
using nlohmann::json;

std::optional<json> object_in(Request const& r) {
  if (r.body.empty()) return json::object();
  auto body = json::parse(r.body, nullptr, false);
  if (!body.is_object()) return std::nullopt;
  return body;
}

json to_json(Posted const& p) {
  json out{{"posted", p.status == 204},
           {"status", p.status},
           {"standing", p.standing},
           {"calls", p.calls}};
  if (!p.trouble.empty()) out["trouble"] = p.trouble;
  return out;
}

}  // namespace

ControlApi::ControlApi(Platform& platform, Browsers& browsers, Clock& clock, TaskGroup& tasks,
                       Sockets sockets)
    : platform_(platform),
      browsers_(browsers),
      clock_(clock),
      tasks_(tasks),
      sockets_(std::move(sockets)) {}

void ControlApi::handle(Request request, Reply reply) {
  auto const path = segments(std::string_view(request.path).substr(5));  // behind "/sim/"
  auto const what = path.empty() ? std::string() : path[0];
  auto const body = object_in(request);
  bool const post = request.method == http::Method::post;
  Answer answer = trouble(404, "no such route; docs/api.md lists them");
  if (!body)
    answer = trouble(400, "the body must be a JSON object");
  else if (what == "state" && request.method == http::Method::get)
    answer = ok(state());
  else if (what == "people" && path.size() == 3 && post)
    answer = people(request, path, reply);
  else if (what == "calls")
    answer = calls(request, path);
  else if (what == "people" && path.size() == 1 && post)
    answer = hire(*body);
  else if (what == "people" && path.size() == 2 && request.method == http::Method::delete_)
    answer = platform_.org.dismiss(path[1])
                 ? ok({{"dismissed", path[1]}})
                 : trouble(404, "nobody here has the address " + path[1]);
  else if (what == "people" && path.size() == 2 && post)
    answer = change_person(path[1], *body);
  else if (what == "groups")
    answer = groups(request, path);
  else if (what == "rooms")
    answer = rooms(request, path);
  else if (what == "cms")
    answer = cms(request, path);
  else if (what == "load" && post)
    answer = load(*body);
  else if (what == "load")
    answer = ok(platform_.load.state());
  else if (what == "dns" && post) {
    auto const done = platform_.dns.set(*body);
    answer = done ? ok(platform_.dns.state()) : trouble(400, done.error().what);
  } else if (what == "dns")
    answer = ok(platform_.dns.state());
  else if (what == "events" && post)
    answer = event(*body);
  else if (what == "faults" && post)
    answer = faults(*body);
  else if (what == "device" && path.size() == 1 && post)
    answer = device(*body);
  else if (path.size() == 2 && what == "oauth" && path[1] == "log" &&
           request.method == http::Method::get)
    answer = ok({{"requests", platform_.oauth.log().entries()}});
  else if (what == "messages" && request.method == http::Method::get)
    answer = messages(request);
  else if (what == "mail" && request.method == http::Method::get)
    answer = ok({{"mails", platform_.mail.list()}});
  else if (what == "story" && post)
    answer = story(*body, reply);
  if (answer.response.status != answer_comes_later) reply(std::move(answer));
}

Answer ControlApi::messages(Request const& request) const {
  auto const query = http::parse_query(request.query);
  if (!query) return trouble(400, "the query cannot be read");
  auto list = platform_.messages.sent(http::find(*query, "to").value_or(""));
  auto const count = list.size();
  return ok({{"messages", std::move(list)}, {"count", count}});
}

Answer ControlApi::people(Request const& request, std::vector<std::string> const& path,
                          Reply& reply) {
  auto* browser = browsers_.of(path[1]);
  if (!browser) return trouble(404, "nobody here has the address " + path[1]);
  auto const body = *object_in(request);
  if (path[2] == "location") {
    auto const latitude = number_in(body, "latitude"), longitude = number_in(body, "longitude");
    if (!latitude || !longitude)
      return trouble(400, "latitude and longitude are needed, as numbers");
    Position const position{{*latitude, *longitude}, number_in(body, "accuracy").value_or(15)};
    browser->set_position(position);
    if (!browser->is_person())
      return ok({{"posted", false},
                 {"trouble", "this person's browser is not open; POST …/browser opens it"}});
    tasks_.spawn("move", [browser, position, reply = std::move(reply)]() -> Task<void> {
      reply(ok(to_json(co_await browser->move_to(position))));
    });
    return answered_later();
  }
  if (path[2] != "browser") return trouble(404, "location or browser");
  if (body.contains("close")) {
    browser->close();
    return ok({{"open", false}});
  }
  auto const daemon = text_in(body, "daemon");
  if (daemon.empty()) return trouble(400, "daemon, the URL of the daemon, is needed");
  bool const admin = body.value("admin", json(false)) == true;
  tasks_.spawn("browser",
               [browser, daemon, admin, code = text_in(body, "code"),
                reply = std::move(reply)]() -> Task<void> {
                 auto const entered = co_await browser->log_in(daemon, admin, code);
                 if (!entered) {
                   reply(trouble(502, entered.error().what));
                   co_return;
                 }
                 json out{{"open", true}, {"admin", admin}};
                 if (!admin && browser->position())
                   out["post"] = to_json(co_await browser->begin_posting());
                 reply(ok(out));
               });
  return answered_later();
}

Answer ControlApi::cms(Request const& request, std::vector<std::string> path) {
  path.erase(path.begin());
  return CmsControl(platform_.cms).handle(request, path);
}

Answer ControlApi::groups(Request const& request, std::vector<std::string> const& path) {
  auto refused = [](Error const& error) {
    return trouble(error.kind == ErrorKind::not_found  ? 404
                   : error.kind == ErrorKind::conflict ? 409
                                                       : 400,
                   error.what);
  };
  auto& all = platform_.groups;
  auto const body = *object_in(request);
  if (path.size() == 2 && request.method == http::Method::delete_) {
    auto const dropped = all.drop(path[1]);
    return dropped ? ok({{"dropped", path[1]}}) : refused(dropped.error());
  }
  if (request.method == http::Method::get && path.size() == 1) return ok({{"groups", all.state()}});
  if (request.method != http::Method::post || path.size() > 2)
    return trouble(404, "no such route; docs/api.md lists them");
  auto const told = path.size() == 1 ? all.make(body) : all.change(path[1], body);
  return told ? ok(*told, path.size() == 1 ? 201 : 200) : refused(told.error());
}

Answer ControlApi::device(json const& wish) {
  auto const code = text_in(wish, "user_code"), email = text_in(wish, "email");
  bool const no = wish.value("deny", json(false)) == true;
  if (code.empty() || no == !email.empty())
    return trouble(400, "user_code is needed, and either email or \"deny\": true");
  auto const done = no ? platform_.device.deny(code) : platform_.device.approve(code, email);
  if (!done)
    return trouble(done.error().kind == ErrorKind::not_found ? 404 : 409, done.error().what);
  return ok({{"user_code", code}, {"state", no ? "denied" : "approved"}});
}

Answer ControlApi::story(json const& wish, Reply& reply) {
  StoryWish story;
  story.daemon = text_in(wish, "daemon");
  story.admin = text_in(wish, "admin", story.admin);
  story.code = text_in(wish, "code");
  story.patience_s = number_in(wish, "patience_s").value_or(story.patience_s);
  if (story.daemon.empty()) return trouble(400, "daemon, the URL of the daemon, is needed");
  tasks_.spawn("story", [this, story, reply = std::move(reply)]() -> Task<void> {
    Story teller(platform_, browsers_, clock_);
    last_story_ = co_await teller.tell(story);
    // A story that could not be told at all is an error; one that ended badly is a report.
    reply(ok(last_story_, last_story_["calls"].empty() ? 502 : 200));
  });
  return answered_later();
}

}  // namespace wardroom::sim
