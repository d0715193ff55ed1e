"""Fewer points to draw than there are rows, with every peak among them."""

import numpy


def bucket_size(rows: int, most: int) -> int:
    """How many neighbouring rows become one, so that there are at most `most`."""
    return max(1, -(-rows // most))


def extremes(values: numpy.ndarray, most: int) -> numpy.ndarray:
    """The indices, ascending, of each bucket's least and greatest value: at most `most` of them.

    `values` is one-dimensional; NaN is neither. All indices where there are no more than `most`.
    """
    rows = len(values)
    if rows <= most:
        return numpy.arange(rows)
    buckets = _in_buckets(values, bucket_size(rows, most // 2))
    starts = numpy.arange(len(buckets)) * buckets.shape[1]
    least = starts + numpy.where(numpy.isnan(buckets), numpy.inf, buckets).argmin(axis=1)
    greatest = starts + numpy.where(numpy.isnan(buckets), -numpy.inf, buckets).argmax(axis=1)
    return numpy.unique(numpy.concatenate([least, greatest]))


def peaks(values: numpy.ndarray, most: int) -> numpy.ndarray:
    """The greatest value of each bucket, at most `most` of them; NaN where a bucket has none."""
    buckets = _in_buckets(values, bucket_size(len(values), most))
    return numpy.fmax.reduce(buckets, axis=1)


def _in_buckets(values: numpy.ndarray, size: int) -> numpy.ndarray:
    padding = -len(values) % size
    padded = numpy.concatenate([numpy.asarray(values, dtype=float), numpy.full(padding, numpy.nan)])
    return padded.reshape(-1, size)
