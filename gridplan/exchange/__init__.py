"""A feeder as the files of other programs."""
