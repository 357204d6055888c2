#include "front/verb_audit.hpp"

#include "base/log.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace wardroom::front {
namespace {

using nlohmann::ordered_json;

audit::Actor actor_of(http::PeerCredentials const& peer, LocalRights const& rights) {
  return {.kind = audit::ActorKind::uid,
          .uid = static_cast<std::uint32_t>(peer.uid),
          .login = rights.named ? rights.login : ""};
}

/// Parameters as they may stand in a record for ever: flags and what its row calls plain as they
/// are, all else by keyed hash.
std::optional<std::string> params_of(control::VerbCall const& call, Trail const& trail) {
  auto out = ordered_json::object();
  for (auto const& param : call.row->params) {
    auto const value = call.get(param.name);
    if (value.empty()) continue;
    bool const plain = param.plain || param.kind == control::ParamKind::flag;
    out[std::string(param.name)] = plain ? std::string(value) : "#" + trail.digest(value);
  }
  if (out.empty()) return std::nullopt;
  return out.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

constexpr std::size_t longest_told = 1u << 15;

/// Hears the lines of a stream on their way, and its end.
class WatchedStream final : public http::ResponseStream {
 public:
  /// What is left when the handler has dropped the stream.
  struct Story {
    AskedVerb asked;
    std::string step;
    std::optional<FailedVerb> error{};
    std::function<void()> then{};
  };

  WatchedStream(std::shared_ptr<http::ResponseStream> inner, std::shared_ptr<Story> story)
      : inner_(std::move(inner)), story_(std::move(story)) {}

  void write(std::shared_ptr<std::string const> bytes) override {
    // Steps and errors are short; a long result is not read through on the loop.
    if (bytes->size() > longest_told) return inner_->write(std::move(bytes));
    auto const line = ordered_json::parse(*bytes, nullptr, false);
    if (line.is_object()) {
      if (auto const step = line.find("step"); step != line.end() && step->is_string())
        story_->step = step->get<std::string>();
      if (auto const error = line.find("error"); error != line.end() && error->is_object())
        story_->error =
            FailedVerb{error->value("code", std::string()), error->value("message", std::string())};
    }
    inner_->write(std::move(bytes));
  }
  std::size_t backlog() const override { return inner_->backlog(); }
  void close() override { inner_->close(); }
  bool open() const override { return inner_->open(); }
  void on_close(std::function<void()> then) override {
    if (inner_->open())
      story_->then = std::move(then);
    else
      inner_->on_close(std::move(then));
  }

 private:
  std::shared_ptr<http::ResponseStream> inner_;
  std::shared_ptr<Story> story_;
};

}  // namespace

Task<Result<AskedVerb>> VerbAudit::asked(control::VerbCall const& call, http::PeerCredentials peer,
                                         LocalRights rights) {
  AskedVerb out{.actor = actor_of(peer, rights),
                .words = std::string(call.row->words),
                .correlation = Trail::correlation(random_),
                .change = call.change};
  auto const written = co_await trail_.write_first({.action = out.words + " asked",
                                                    .actor = out.actor,
                                                    .after = params_of(call, trail_),
                                                    .correlation = out.correlation});
  if (!written) co_return std::unexpected(written.error());
  co_return out;
}

audit::Record outcome_record(AskedVerb const& asked, std::optional<FailedVerb> const& why) {
  auto record = record_of(asked.actor, why ? asked.words + " failed" : asked.words, *asked.change);
  record.correlation = asked.correlation;
  if (why) {
    // The sentence may name people, so it goes where it can be erased.
    record.after = ordered_json{{"error", why->code}}.dump();
    record.text += (record.text.empty() ? "" : ": ") + why->sentence;
  }
  return record;
}

Task<void> VerbAudit::ended(AskedVerb asked, std::optional<FailedVerb> why) {
  co_await trail_.written(outcome_record(asked, why));
}

void VerbAudit::broke_off(AskedVerb asked, std::optional<FailedVerb> why) {
  trail_.write(outcome_record(asked, why));
}

std::shared_ptr<http::ResponseStream> VerbAudit::watch(std::shared_ptr<http::ResponseStream> stream,
                                                       AskedVerb asked) {
  auto story = std::make_shared<WatchedStream::Story>();
  story->asked = std::move(asked);
  stream->on_close([this, story] {
    auto& change = *story->asked.change;
    if (!change.after && !story->error && !story->step.empty())
      change.after = ordered_json{{"step", story->step}}.dump();
    trail_.write(outcome_record(story->asked, story->error));
    if (auto const then = std::exchange(story->then, nullptr)) then();
  });
  return std::make_shared<WatchedStream>(std::move(stream), std::move(story));
}

void VerbAudit::refused(control::VerbRow const& row, http::PeerCredentials const& peer,
                        LocalRights const& rights) {
  auto const group = group_for(row.right);
  bool const written = trail_.refusal(fmt::format("uid {}", peer.uid),
                                      {.action = "refusal",
                                       .object = std::string(row.words),
                                       .actor = actor_of(peer, rights),
                                       .after = ordered_json{{"needs", group}}.dump()});
  if (written)
    log::warning("refused a control verb", {{"verb", row.words},
                                            {"login", rights.login},
                                            {"uid", peer.uid},
                                            {"pid", peer.pid},
                                            {"needs", group}});
}

}  // namespace wardroom::front
