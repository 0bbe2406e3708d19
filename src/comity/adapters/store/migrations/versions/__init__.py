"""One step of the schema a file, in the order of their revisions. A step that has been released is never edited."""
