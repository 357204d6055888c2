/// A store with people in it for a daemon to open: a SQLite file in the site's folder, or a
/// database of a PostgreSQL server of the benchmark's own (as its users run it: with room for its
/// pages).
#pragma once
#include "people/fix_load.hpp"
#include "store/open_store.hpp"
#include "support/postgres_server.hpp"
#include "support/site.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace wardroom::bench {

class BenchStore {
 public:
  /// The server ends with the thread that makes this.
  BenchStore(store::Engine engine, test::Site const& site);

  /// By prefill.hpp, on any thread. Throws when it cannot be.
  void fill(int people, bool with_fixes);

  std::string_view name() const { return server_ ? "PostgreSQL" : "SQLite"; }
  std::string const& url() const { return url_; }
  /// On disk, the log of SQLite included.
  double mib();
  /// The first field of one row, a whole number.
  std::int64_t number(std::string_view sql);
  /// What a start would read.
  people::LoadedFixes fixes(PersonNo people);
  /// CPU of the database server's processes so far; 0 for SQLite, which runs in the daemon.
  double server_seconds();

 private:
  std::unique_ptr<store::Sql> open() const;

  std::unique_ptr<test::PostgresServer> server_;
  std::string url_, path_;
};

}  // namespace wardroom::bench
