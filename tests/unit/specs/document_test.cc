#include "specs/document.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

Node text(std::string value) {
  return {Node::Kind::string, Node::Style::plain, {}, std::move(value), {}, {}};
}

TEST(Document, FindsMembersByKey) {
  Node map{Node::Kind::map, Node::Style::block, {}, nullptr, {}, {}};
  map.members.push_back({"a", {}, text("x")});
  map.members.push_back({"b", {}, text("y")});
  ASSERT_NE(map.find("b"), nullptr);
  EXPECT_EQ(map.find("b")->value.scalar, "y");
  EXPECT_EQ(map.find("c"), nullptr);
  EXPECT_FALSE(map.is_scalar());
  EXPECT_TRUE(map.find("a")->value.is_scalar());
}

TEST(Document, BecomesJson) {
  Node list{Node::Kind::list, Node::Style::flow, {}, nullptr, {}, {}};
  EXPECT_EQ(list.to_json(), Json::array());
  list.items.push_back(text("x"));
  list.items.push_back({Node::Kind::integer, Node::Style::plain, {}, 7, {}, {}});
  list.items.push_back({Node::Kind::map, Node::Style::flow, {}, nullptr, {}, {}});
  EXPECT_EQ(list.to_json(), Json::parse(R"(["x", 7, {}])"));
}

TEST(Document, DescribesKinds) {
  EXPECT_EQ(describe(Node::Kind::map), "a mapping");
  EXPECT_EQ(describe(Node::Kind::null), "null");
}

}  // namespace
}  // namespace lockstep
