#include "specs/schema_node.h"

namespace lockstep {

namespace {

Node::Kind kind_of(const Json& value) {
  switch (value.type()) {
    case Json::value_t::boolean:
      return Node::Kind::boolean;
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return Node::Kind::integer;
    case Json::value_t::number_float:
      return Node::Kind::floating;
    case Json::value_t::string:
      return Node::Kind::string;
    case Json::value_t::array:
      return Node::Kind::list;
    case Json::value_t::object:
      return Node::Kind::map;
    case Json::value_t::null:
    case Json::value_t::binary:
    case Json::value_t::discarded:
      break;
  }
  return Node::Kind::null;
}

}  // namespace

std::optional<Node> schema_node(const Json& value, std::size_t deepest) {
  Node node;
  node.kind = kind_of(value);
  if (node.is_scalar()) {
    node.scalar = value;
    return node;
  }
  if (deepest == 0) return std::nullopt;
  if (node.kind == Node::Kind::list) {
    node.items.reserve(value.size());
    for (const Json& item : value) {
      std::optional<Node> child = schema_node(item, deepest - 1);
      if (!child) return std::nullopt;
      node.items.push_back(std::move(*child));
    }
    return node;
  }
  node.members.reserve(value.size());
  for (const auto& [key, member] : value.items()) {
    std::optional<Node> child = schema_node(member, deepest - 1);
    if (!child) return std::nullopt;
    node.members.push_back(Member{key, Span{}, std::move(*child)});
  }
  return node;
}

}  // namespace lockstep
