// How the schema walk speaks: names of types, quoted values, examples, hints. Private to specs/schema*.cc.
#pragma once

#include <string>
#include <string_view>

#include "specs/document.h"

namespace lockstep::schema_words {

// A key or value in quotes, control characters escaped, cut after 60 characters.
std::string in_quotes(std::string_view text);
// A scalar as one would write it: "abc" in quotes, 4, true, null. Lists and mappings by their kind.
std::string in_quotes(const Node& node);

// The value of a `type` keyword: "an integer", "a string or a list".
std::string expected_type(const Json& type);

// "null or empty" is what a YAML author sees as an empty value.
std::string found_type(const Node& node);

// `key: example` from the schema's first example, or empty.
std::string example_line(std::string_view key, const Json& schema);

// What the field is for, and an example; empty when the schema tells neither.
std::string explain(std::string_view key, const Json& schema);

// What to write instead of a value of the wrong type.
std::string type_hint(std::string_view key, const Node& node, const Json& schema);

// The list of an `enum`: `"a", "b" or "c"`.
std::string choices(const Json& values);

}  // namespace lockstep::schema_words
