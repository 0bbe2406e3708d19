"""The kinds of records: one file for each kind and version of its body. The folder is read; no list names them.

A kind file exports

    KIND       name and version: "report/1"
    Body       frozen msgspec.Struct that forbids unknown members; personal members last, in alphabetical order
    traces     (record) -> the traces that find it again
    EXAMPLE    a Body, plainly fictional
and may export
    files      (body) -> the files that it names, each with `sha256` and `bytes`
    gap        (body, absent pointers) -> code of what is missing for good, or None
    carries    (body) -> envelope and fields of the record that this one passes on, or None
"""
