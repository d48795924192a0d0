"""The rules of ASC 606, one module per heading of the Topic, functions in order of paragraph.

Pure functions over the model: no input or output, no clock, no floats, no SQL. Each cites the
paragraphs it states and, where it concludes something, gives a ``Decision`` a person can read.
"""
