"""The columns that more than one module has to know of."""

# How many columns the data frame of `%%getrusage_in_background` has: the first of the document.
BASIC_COLUMNS = 13
