"""Models: which there are, what they were judged by, how a challenger does beside the champion."""
