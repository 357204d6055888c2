/// XML as small read-only trees, cut out of an endless stream or read whole; DOCTYPE is refused.
///
/// Namespaces are resolved, prefixes never matter. Bytes may be cut anywhere. Declared Latin-1 is
/// honoured, an unknown 8-bit encoding is read as Latin-1, and so is a document that claims UTF-8
/// but is not: one caller's name must not cost a call event. Source: xsi.md 3.3, toolchain.md
/// "expat".
#pragma once
#include "base/result.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct XML_ParserStruct;

namespace wardroom::xml {

struct Limits {
  std::size_t bytes = 64u << 10;  ///< of one document; longer ones are a fault
  std::size_t depth = 64;
  std::size_t elements = 10'000;
};

class Document;

/// One element of a Document: cheap to copy, valid while the document is neither changed nor gone.
/// A default-made one is "absent": false, without name, text or children, so lookups can be
/// chained.
class Element {
 public:
  Element() = default;
  explicit operator bool() const { return document_ != nullptr; }
  std::string_view name() const;        ///< without prefix
  std::string_view name_space() const;  ///< the namespace's URI
  /// Its character data before its first child, white space at both ends removed.
  std::string_view text() const;
  /// By local name, whatever the namespace; empty when absent.
  std::string_view attribute(std::string_view local) const;
  /// The attribute `type` (a QName) without its prefix.
  std::string_view type() const;
  /// The first child of that name in this element's own namespace; absent when there is none.
  Element child(std::string_view local) const;
  std::string_view text_of(std::string_view local) const { return child(local).text(); }
  bool has(std::string_view local) const { return static_cast<bool>(child(local)); }
  Element first() const;  ///< first child of any name
  Element next() const;   ///< next sibling of any name
  /// The next sibling of the same name and namespace.
  Element next_same() const;

 private:
  friend class Document;
  Element(Document const* document, std::uint32_t index) : document_(document), index_(index) {}
  Document const* document_ = nullptr;
  std::uint32_t index_ = 0;
};

/// The tree of one document, in three flat arrays that are used again for the next.
class Document {
 public:
  Element root() const { return nodes_.empty() ? Element() : Element(this, 0); }

 private:
  friend class Element;
  friend class Builder;
  struct Span {
    std::uint32_t begin = 0, size = 0;
  };
  struct Node {
    Span name, text;
    std::uint32_t first_child = 0, last_child = 0,
                  next = 0;  // 0 = none: the root is nobody's child
    std::uint32_t attributes = 0, attribute_count = 0;
    std::uint32_t name_space = 0;
  };
  struct Attribute {
    Span name, value;
  };
  std::string_view text(Span s) const { return std::string_view(chars_).substr(s.begin, s.size); }

  std::string chars_;
  std::vector<Node> nodes_;
  std::vector<Attribute> attributes_;
  std::vector<std::string> name_spaces_;
};

class Builder;

/// Cuts documents out of a stream and hands each over as it ends.
class DocumentStream {
 public:
  using OnDocument = std::function<void(Document const&)>;  ///< the tree is gone after the call
  DocumentStream(Limits limits, OnDocument on_document);
  ~DocumentStream();
  DocumentStream(DocumentStream const&) = delete;
  DocumentStream& operator=(DocumentStream const&) = delete;

  /// Any cut of the stream. After an error the place of the next document is not known: all further
  /// bytes are refused with the same error until reset().
  Result<void> feed(std::string_view bytes);
  /// The tree as far as it came before the error, to salvage an id from.
  Document const& partial() const;
  /// Begins anew, as at the start of a stream.
  void reset();
  bool inside_document() const { return !between_; }
  /// Documents that were not the UTF-8 they claimed to be.
  std::uint64_t read_as_latin1() const { return read_as_latin1_; }

 private:
  std::size_t skip_between(std::string_view bytes);
  void begin_document(char const* encoding);
  std::optional<std::size_t> parse(std::string_view bytes);
  std::optional<std::size_t> parse_as_latin1(std::string_view bytes);
  void fail(std::string why);

  Limits limits_;
  OnDocument on_document_;
  struct Free {
    void operator()(XML_ParserStruct* parser) const;
  };
  std::unique_ptr<XML_ParserStruct, Free> parser_;
  std::unique_ptr<Builder> builder_;
  bool between_ = true;
  int mark_ = 0;     // bytes of a byte order mark seen between documents
  std::string raw_;  // of the current document, as far as it came in earlier pieces
  bool latin1_ = false;
  std::uint64_t read_as_latin1_ = 0;
  std::optional<Error> fault_;
};

/// Reads exactly one document; white space around it is allowed.
Result<Document> parse(std::string_view bytes, Limits limits = {.bytes = 1u << 20});

}  // namespace wardroom::xml
