#include "people_pages.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace wardroom::world {
namespace {

constexpr std::size_t most_kept = 4'000;

std::int64_t number(std::string_view text) {
  std::int64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

}  // namespace

/// Cuts server-sent events out of what arrives.
class LivePages::Reader final : public http::StreamSink {
 public:
  Reader(LivePages& pages, http::ClientRequest const& request, std::string path)
      : pages_(pages), request_(request), path_(std::move(path)), left_(now()) {}

  void on_head(int status, http::Headers const&, std::string_view) override {
    status_ = status;
    pages_.window_.judge_status(request_, status, left_);
  }
  void on_bytes(std::string_view bytes) override {
    if (status_ != 200) return;
    in_ += bytes;
    for (std::size_t end = 0; (end = in_.find("\n\n")) != in_.npos;) {
      frame(std::string_view(in_).substr(0, end));
      in_.erase(0, end + 2);
    }
  }

 private:
  Uptime now() const { return pages_.watch_.world.now(); }

  void frame(std::string_view lines) {
    std::string_view id, event;
    std::string data;
    while (!lines.empty()) {
      auto const line = lines.substr(0, lines.find('\n'));
      lines.remove_prefix(std::min(line.size() + 1, lines.size()));
      if (line.starts_with("id: ")) id = line.substr(4);
      if (line.starts_with("event: ")) event = line.substr(7);
      if (line.starts_with("data: ")) data += line.substr(6);
    }
    if (event.empty()) return;  // a sign of life
    auto const json = nlohmann::json::parse(data, nullptr, false);
    if (json.is_discarded())
      return pages_.watch_.world.fail(
          "people", fmt::format("{}: the data of an event {} is no JSON", path_, event));
    if (path_ != journal) return;
    if (event == "entry") pages_.entry(number(id), json.value("kind", ""));
    if (event == "again") pages_.again(number(id));
    if (event == "gap")
      pages_.watch_.world.fail("people", fmt::format("{}: entries are gone: {}", path_, data));
  }

  LivePages& pages_;
  http::ClientRequest const& request_;
  std::string const path_;
  Uptime const left_;
  int status_ = 0;
  std::string in_;
};

Task<void> LivePages::read(std::string path, Milliseconds time) {
  bool const is_journal = path == journal;
  if (is_journal && std::exchange(journal_open_, true)) co_return;
  ++open_;
  struct Closed {
    LivePages& pages;
    bool is_journal;
    ~Closed() {
      --pages.open_;
      if (is_journal) pages.journal_open_ = false;
    }
  } const closed{*this, is_journal};
  auto request = window_.request(http::Method::get, path);
  request.headers.add("Accept", "text/event-stream");
  if (is_journal && last_ > 0) request.headers.add("Last-Event-ID", std::to_string(last_));
  Reader reader(*this, request, path);
  auto const end =
      co_await within(watch_.world.clock(), time, path, window_.stream(request, reader));
  watch_.world.note("people",
                    fmt::format("{} closed: {}", path, end ? "its end" : end.error().what));
}

/// Numbers rise by one, over all streams that went on from one another.
void LivePages::entry(std::int64_t seq, std::string kind) {
  if (last_ > 0 && seq != last_ + 1)
    watch_.world.fail("people",
                      fmt::format("the live journal goes on with {} behind {}", seq, last_));
  last_ = seq;
  seen_[seq] = std::move(kind);
  if (seen_.size() > most_kept) seen_.erase(seen_.begin());
}

/// Its reader is far behind, and better reads the newest anew.
void LivePages::again(std::int64_t seq) {
  if (last_ > 0 && seq <= last_ + 1'000)
    watch_.world.fail("people",
                      fmt::format("the live journal begins again at {} behind {}", seq, last_));
  last_ = seq;
}

}  // namespace wardroom::world
