"""An exhaustive model of channel sync: every order of steps, losses and crashes in small worlds, checked by search.

The model is written beside the code, not out of it: it says what the protocol must do, and each rule of the protocol is a switch.
With every rule kept, every reachable state of every world obeys the truths; with one rule broken, the shortest way to the harm
comes out as a story. `python -m tests.model` prints both; README.md says what is modelled and what is not.
"""
