"""The one place where ports meet adapters: a running node, made from its settings."""

from comity.node.assembly import Node, make_node, open_node
from comity.node.presence import Running, announced, read_token, running
from comity.node.pulling import PeerState

__all__ = ["Node", "PeerState", "Running", "announced", "make_node", "open_node", "read_token", "running"]
