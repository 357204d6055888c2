// /sim/calls and /sim/events: calls are placed, moved and ended, and any event is sent.
#include "sim/control_api.hpp"
#include "sim/control_json.hpp"

namespace wardroom::sim {
namespace {
using nlohmann::json;

bool true_in(json const& j, char const* key) { return j.value(key, json(false)) == true; }

// null or a negative number = nobody answers
std::optional<double> answer_in(json const& body, std::optional<double> otherwise) {
  if (!body.contains("answer_after_s")) return otherwise;
  auto const after = number_in(body, "answer_after_s");
  return after && *after >= 0 ? after : std::nullopt;
}

std::vector<std::string> texts_in(json const& body, char const* key) {
  std::vector<std::string> out;
  auto const found = body.find(key);
  if (found == body.end() || !found->is_array()) return out;
  for (auto const& one : *found)
    if (one.is_string()) out.push_back(one.get<std::string>());
  return out;
}

std::optional<Shape> shape_in(json const& body) {
  auto const found = body.find("shape");
  if (found == body.end() || !found->is_object()) return std::nullopt;
  Shape out;
  for (auto& element : texts_in(*found, "omit")) out.omit.insert(std::move(element));
  out.privacy = true_in(*found, "privacy");
  out.extra = true_in(*found, "extra");
  out.name = text_in(*found, "name");
  out.type = text_in(*found, "type");
  out.address = text_in(*found, "address", out.address);
  return out;
}

PlaceCall call_in(json const& body) {
  PlaceCall wish{text_in(body, "from"), text_in(body, "to")};
  wish.answer_after_s = answer_in(body, wish.answer_after_s);
  wish.hang_up_after_s = number_in(body, "hang_up_after_s");
  wish.caller_hangs_up = text_in(body, "hang_up_by", "caller") == "caller";
  wish.also_ring = texts_in(body, "also_ring");
  wish.answered_by = text_in(body, "answered_by");
  wish.forward_to = text_in(body, "forward_to");
  wish.forward_reason = text_in(body, "forward_reason", wish.forward_reason);
  wish.forward_after_s = number_in(body, "forward_after_s").value_or(0);
  wish.click_to_dial = true_in(body, "click_to_dial");
  wish.device_after_s = number_in(body, "device_after_s").value_or(wish.device_after_s);
  wish.agent = text_in(body, "agent");
  wish.queued_s = number_in(body, "queued_s").value_or(wish.queued_s);
  if (auto shape = shape_in(body)) wish.shape = std::move(*shape);
  return wish;
}

Act act_in(json const& body) {
  Act wish;
  wish.by = text_in(body, "by", text_in(body, "person"));
  wish.to = text_in(body, "to");
  wish.other = text_in(body, "other");
  wish.reason = text_in(body, "reason");
  wish.cause = text_in(body, "cause");
  wish.mode = text_in(body, "mode");
  wish.type = text_in(body, "type");
  if (body.contains("data")) wish.data = text_in(body, "data");
  wish.answer_after_s = answer_in(body, wish.answer_after_s);
  wish.tell = !body.contains("tell") || true_in(body, "tell");
  wish.shape = shape_in(body);
  return wish;
}

int status_of(Error const& e) {
  if (e.kind == ErrorKind::not_found) return 404;
  return e.kind == ErrorKind::conflict ? 409 : 400;
}

}  // namespace

Answer ControlApi::calls(Request const& request, std::vector<std::string> const& path) {
  auto const body = request.body.empty() ? json::object() : json::parse(request.body);
  auto const method = request.method;
  if (path.size() == 1 && method == http::Method::get)
    return ok({{"calls", platform_.calls.state()}});
  if (path.size() == 1 && method == http::Method::post) {
    auto const placed = platform_.calls.place(call_in(body));
    if (!placed) return trouble(400, placed.error().what);
    return ok(to_json(**placed), 201);
  }
  auto const* call = path.size() > 1 ? platform_.calls.find(path[1]) : nullptr;
  if (!call) return trouble(404, "no such call");
  if (path.size() == 2 && method == http::Method::get) return ok(to_json(*call));
  if (path.size() == 2 && method == http::Method::delete_) {
    if (!platform_.calls.hang_up(path[1], "operator"))
      return trouble(409, "the call has ended already");
    return ok(to_json(*call));
  }
  if (path.size() == 3 && method == http::Method::post) {
    auto const done = platform_.calls.act(path[1], path[2], act_in(body));
    return done ? ok(to_json(*call)) : trouble(status_of(done.error()), done.error().what);
  }
  return trouble(405, "GET, DELETE, or POST …/{act}; docs/api.md lists the acts");
}

// Who may not call is, unless said otherwise, whose open browser was told so.
Answer ControlApi::load(json const& wish) {
  if (true_in(wish, "stop")) {
    platform_.load.stop();
    return ok(platform_.load.state());
  }
  LoadWish load;
  load.calls_per_s = number_in(wish, "calls_per_s").value_or(load.calls_per_s);
  load.for_s = number_in(wish, "for_s").value_or(load.for_s);
  load.share_blocked = number_in(wish, "share_blocked").value_or(load.share_blocked);
  load.answer_after_s = number_in(wish, "answer_after_s").value_or(load.answer_after_s);
  load.hang_up_after_s = number_in(wish, "hang_up_after_s").value_or(load.hang_up_after_s);
  load.blocked = texts_in(wish, "blocked");
  load.allowed = texts_in(wish, "allowed");
  if (load.blocked.empty())
    for (auto const& p : platform_.org.people())
      if (auto const* browser = browsers_.find(p.email); browser && browser->open())
        if (text_in(browser->state(), "calls") == "blocked") load.blocked.push_back(p.email);
  auto const started = platform_.load.start(std::move(load));
  return started ? ok(platform_.load.state(), 201) : trouble(400, started.error().what);
}

Answer ControlApi::hire(json const& wish) {
  auto const hired = platform_.org.hire(text_in(wish, "email"), text_in(wish, "first_name", "New"),
                                        text_in(wish, "last_name", "Hire"));
  if (!hired) return trouble(status_of(hired.error()), hired.error().what);
  return ok(person_state(**hired), 201);
}

Answer ControlApi::event(json const& wish) {
  auto const email = text_in(wish, "person"), type = text_in(wish, "type");
  auto const* person =
      email == platform_.org.queue().email ? &platform_.org.queue() : platform_.org.by_email(email);
  if (!person || type.empty())
    return trouble(400, "person, somebody's e-mail, and type, such as HookStatusEvent, are needed");
  platform_.calls.tell(*person, type, text_in(wish, "data"));
  return ok({{"told", true}});
}

}  // namespace wardroom::sim
