class RecorderError(RuntimeError):
    """There is no recording; the message is one line that says why, and what to do."""
