#include "features/space_sync/run_frames.hpp"

#include "features/space_sync/space_sync_json.hpp"

namespace wardroom::space_sync {
namespace {

using Json = nlohmann::ordered_json;

std::string line_of(Json const& line) {
  return line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

RunEvents RunFrames::events() {
  RunEvents out;
  out.progress = [self = shared_from_this()](Progress const& progress) {
    self->progress_ = progress;
    self->soon();
  };
  out.step = [self = shared_from_this()](Step const& step) {
    if (!self->stream_->open()) return;
    if (self->steps_.size() < most_waiting)
      self->steps_ += line_of({{"step", step_json(step)}});
    else
      ++self->missed_;
    self->soon();
  };
  return out;
}

void RunFrames::began(RunId run, std::string const& job) {
  stream_->write(std::make_shared<std::string const>(line_of({{"run", run}, {"job", job}})));
  told_ = true;
  soon();
}

void RunFrames::finish() {
  timer_.cancel();
  flush(true);
}

void RunFrames::soon() {
  if (!told_ || timer_.armed() || !stream_->open()) return;
  timer_ = clock_.after(pause, [weak = weak_from_this()] {
    if (auto const self = weak.lock()) {
      self->timer_.cancel();
      self->flush(false);
    }
  });
}

void RunFrames::flush(bool all) {
  if (!stream_->open()) return;
  if (!all && stream_->backlog() > most_backlog) return soon();
  std::string out;
  out.swap(steps_);
  if (missed_ > 0) out += line_of({{"missed", std::exchange(missed_, 0)}});
  if (auto const progress = std::exchange(progress_, std::nullopt))
    out += line_of({{"progress", progress_json(*progress)}});
  if (!out.empty()) stream_->write(std::make_shared<std::string const>(std::move(out)));
}

}  // namespace wardroom::space_sync
