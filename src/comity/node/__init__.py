"""The one place where ports meet adapters: a running node, made from its settings.

assembly   a node opened (`open_node`), and made anew (`make_node`)
pulling    the workers of a node that runs
presence   whether a node runs here, and how its desk is reached
doctor     what is wrong with a node, and where

Nothing is imported here, so that who only asks whether a node runs doesn't pay for the store.
"""
