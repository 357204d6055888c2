/// What `doctor` looks at in security_notices: our own URL, the files of secrets, and of each
/// bridge its API, certificate, login, version, clock, our place among its receivers, and whether
/// its records come.
#pragma once
#include "features/security_notices/security_notices.hpp"
#include "process/doctor.hpp"

namespace wardroom::security_notices {

/// Pure, all of them.
Finding judge_mode(FeatureMode mode, std::size_t bridges);
/// What bridges are to post to.
Finding judge_receiver_url(std::string_view url);
/// Reached, trusted, let in; `answer` = to the question for its status.
Finding judge_api(BridgeSettings const& bridge, Result<BridgeStatus> const& answer);
Finding judge_version(std::string const& bridge, BridgeStatus const& status);
/// The question was asked and answered between these moments.
Finding judge_clock(std::string const& bridge, Instant asked, Instant answered,
                    BridgeStatus const& status);
Finding judge_registration(BridgeView const& view);
Finding judge_records(BridgeView const& view);
/// Whether a file of a secret could be read at the next start.
Finding judge_file(std::string const& bridge, std::string_view key, std::string const& path);

}  // namespace wardroom::security_notices
