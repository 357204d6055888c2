/// What setup makes of the words somebody typed, key by key: each checks them and says what would
/// be right. Pure.
#pragma once
#include "setup_questions.hpp"

#include <string>

namespace wardroom::ctl {

Result<Settled> read_listen(std::string const& words, Draft const& draft);
Result<Settled> read_public_url(std::string const& words, Draft const& draft);
Result<Settled> read_api(std::string const& words, Draft const& draft);
Result<Settled> read_client_id(std::string const& words, Draft const& draft);
Result<Settled> read_secret_words(std::string const& words, Draft const& draft);
Result<Settled> read_password(std::string const& words, Draft const& draft);
Result<Settled> read_admins(std::string const& words, Draft const& draft);
Result<Settled> read_org(std::string const& words, Draft const& draft);
Result<Settled> read_store(std::string const& words, Draft const& draft);
Result<Settled> read_mode(std::string const& words, Draft const& draft);
Result<Settled> read_interval(std::string const& words, Draft const& draft);
Result<Settled> read_timeout(std::string const& words, Draft const& draft);
Result<Settled> read_fences(std::string const& words, Draft const& draft);
Result<Settled> read_endpoints(std::string const& words, Draft const& draft);

/// call_blocking.post_interval, or what it is unless said.
Milliseconds posting_interval(Draft const& draft);

}  // namespace wardroom::ctl
