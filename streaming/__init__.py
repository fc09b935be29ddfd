"""The live path on Bytewax: the flow, its source and sink, the loader.

The only package that imports bytewax; rules of the game and the model stay in their own packages.
"""
