#include "long_job.hpp"

#include "complaint.hpp"
#include "control/control_client.hpp"

namespace wardroom::ctl {
namespace {

/// Until the first line.
constexpr Milliseconds head_limit{60'000};

}  // namespace

int LongJob::run(Take const& other) {
  if (around_.stopped()) return exit_interrupted;
  auto const answer =
      control::ControlClient(command_.socket)
          .follow(*command_.row, command_.params, head_limit,
                  [&](std::string_view line) { return take(line, other) && !around_.stopped(); },
                  {.every = around_.tick, .call = [this] { return !around_.stopped(); }});
  leave();
  if (code_) return *code_;
  if (around_.stopped() && done_.is_null()) {
    complain(around_, look(), "given up; the daemon gives it up, too", words_.given_up);
    return exit_interrupted;
  }
  if (!answer) return tell(answer.error(), around_, look());
  if (answer->status != 200) return refused(*answer, command_, around_, look());
  if (!done_.is_null()) return exit_ok;
  complain(around_, look(), "the daemon ended before it was done", words_.broken_off);
  return exit_failed;
}

Look LongJob::look() const { return look_of(command_, around_); }

void LongJob::show(std::string const& text) {
  if (live_ && !command_.json) around_.out << text << std::flush;
}

void LongJob::octets(std::int64_t count) {
  show(line_.take_octets(count, look(), std::chrono::steady_clock::now()));
}

bool LongJob::take(std::string_view text, Take const& other) {
  auto const line = Json::parse(text, nullptr, false);
  if (!line.is_object()) {
    leave();
    code_ = not_json(command_, around_, look());
    return false;
  }
  if (auto const& error = part(line, "error"); !error.empty()) {
    leave();
    code_ = refused_by_line(error, around_, look());
    return false;
  }
  if (has(line, "done")) {
    done_ = line["done"];
    return true;
  }
  if (has(line, "phase"))
    show(line_.take(line, look(), std::chrono::steady_clock::now()));
  else if (other)
    return other(line);
  return true;
}

}  // namespace wardroom::ctl
