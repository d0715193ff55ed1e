class RecorderError(RuntimeError):
    """There is no recording; the message is one line with the reason and the remedy."""
