"""Models: the available ones, their evaluation, and how challengers compare with the champion."""
