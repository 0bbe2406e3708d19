"""The routes of the desk's API: one file for each noun, found by reading this folder.

A file exports `routes: list`, handlers of the framework. Handlers are synchronous with `sync_to_thread=True`; what they need of the
node they name as parameters: `node: House`, `world: Here`, `officer: Officer` (comity.faces.api.asking).
"""
