// Who is reached where in a world, who hears of what is asked, and the operator's verbs.
#include "door_network.hpp"
#include "incarnation.hpp"
#include "world.hpp"

#include <algorithm>

namespace wardroom::world {
using namespace std::chrono_literals;

namespace {

constexpr std::string_view number_header = "X-World-Request";

}  // namespace

test::SimNetwork& World::net() { return daemon_->net(); }
http::Client& World::visitors() { return *doors_; }
DoorNetwork& World::doors() { return *doors_; }

void World::serve(std::string origin, test::SimNetwork::Server server) {
  doors_->serve(origin, server);
  hosts_.push_back({std::move(origin), std::move(server)});
}

std::vector<std::string> World::origins() const {
  std::vector<std::string> out;
  for (auto const& host : hosts_) out.push_back(host.origin);
  return out;
}

void World::change_way(std::string const& origin, std::function<void(test::Way&)> const& change) {
  for (auto& host : hosts_)
    if (host.origin == origin) change(host.way);
  if (daemon_) change(daemon_->net().way(origin));
}

Result<xsi::SrvAnswer> World::srv_answer(std::string const& name) const {
  auto const found = srv_records_.find(name);
  if (found == srv_records_.end()) return xsi::SrvAnswer{{}, std::chrono::seconds(60)};
  return found->second;
}

World::Sent World::request_left(http::ClientRequest& request) {
  Sent sent{.number = ++requests_, .method = request.method};
  auto const slash =
      std::min(request.url.find('/', request.url.find("://") + 3), request.url.size());
  sent.origin = request.url.substr(0, slash);
  sent.path = request.url.substr(slash);
  if (auto const mark = sent.path.find('?'); mark != std::string::npos) {
    sent.query = sent.path.substr(mark + 1);
    sent.path.resize(mark);
  }
  sent.body = request.body;
  request.headers.set(std::string(number_header), std::to_string(sent.number));
  if (deaf_) return sent;
  under_way_[sent.number] = sent;
  for (auto const& watcher : watchers_)
    if (watcher.left) watcher.left(sent);
  return sent;
}

std::optional<sim::Answer> World::arrive(sim::Request const& request) {
  if (auto const number = request.header(number_header); !number.empty()) {
    auto const found = under_way_.find(std::stoull(std::string(number)));
    if (found != under_way_.end())
      for (auto const& watcher : watchers_)
        if (watcher.arrived) watcher.arrived(found->second);
  }
  for (auto const& meddler : meddlers_)
    if (auto instead = meddler(request)) return instead;
  return std::nullopt;
}

void World::request_answered(Sent const& sent) {
  if (deaf_) return;
  under_way_.erase(sent.number);
  for (auto const& watcher : watchers_)
    if (watcher.answered) watcher.answered(sent);
}

// --- verbs ---------------------------------------------------------------------------------------

void World::control(http::Method method, std::string path, std::string body,
                    std::function<void(Answered)> then) {
  for (auto const& ear : verb_ears_) ear(path, body, nullptr);
  auto heard = [this, path, body, then = std::move(then)](DoorNetwork::Answer const& got) {
    auto const answer = got ? Answered{got->status, got->body} : Answered{};
    for (auto const& ear : verb_ears_) ear(path, body, &answer);
    then(answer);
  };
  doors_->ask_control(method, path, body, std::move(heard));
}

Answered World::ask(http::Method method, std::string path, std::string body) {
  std::optional<Answered> answer;
  control(method, std::move(path), std::move(body),
          [&answer](Answered const& given) { answer = given; });
  for (auto const limit = now() + 60s; !answer && now() < limit && !violation_;)
    advance_until(now() + 5ms);
  return answer.value_or(Answered{});
}

}  // namespace wardroom::world
