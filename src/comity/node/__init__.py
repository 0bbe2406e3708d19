"""The one place where ports meet adapters: a running node, made from its settings."""

from comity.node.assembly import Node, make_node, open_node
from comity.node.doctor import Finding, examine, examine_files
from comity.node.presence import Running, announced, read_token, running
from comity.node.pulling import PeerState

__all__ = [
    "Finding",
    "Node",
    "PeerState",
    "Running",
    "announced",
    "examine",
    "examine_files",
    "make_node",
    "open_node",
    "read_token",
    "running",
]
