"""Source formats: each module translates the records of one format into canonical events.

No files and no sockets: adapters open the files and pass their contents.
"""
