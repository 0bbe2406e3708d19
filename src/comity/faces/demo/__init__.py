"""The demo: five real nodes on this machine play the whole sentence, and everybody in it is made up.

story.toml   who is in it and what they say; warning-list.json and placeholder.txt belong to it
story        reads it
home         the folder that the demo may make, reuse and delete
child        one node, as a process that ends with its parent
ports        which ports they take
nodes        five of those
desk         asks a node's API over loopback, as an officer
stage        what every act shares
telling      how it is told
opening, exchange, asking, answering, proving   the acts
checking     asks `comity verify` about the receipts, from outside
show         plays them in order

Nothing is imported here, so that a child loads only what a node needs.
"""
