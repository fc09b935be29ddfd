"""Source formats: each module turns the records of one format into canonical events.

No files, no sockets: adapters open the files and hand over what they hold.
"""
