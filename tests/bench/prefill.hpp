/// Fills a store with people, their sessions and fixes before the daemon opens it, by the daemon's
/// own code.
#pragma once
#include <string>

namespace wardroom::bench {

/// `people` known people with XSI ids, each with one location session; with a fresh fix inside
/// Vienna when `with_fixes`. Throws when the store cannot be written.
/// `url` as in store.url; the server of a postgresql: one runs.
void prefill(std::string const& url, int people, bool with_fixes);

std::string prefilled_email(int index);
std::string prefilled_xsi_id(int index);
/// The token of the location cookie of person `index`.
std::string prefilled_token(int index);

}  // namespace wardroom::bench
