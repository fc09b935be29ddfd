"""The live path on Bytewax: the dataflow, its Kafka source and sink, and the loader.

Belongs here: everything that imports bytewax, and the processes around the stream. Does not belong here: the rules of
the game (`game`) and the model (`models`).
"""
