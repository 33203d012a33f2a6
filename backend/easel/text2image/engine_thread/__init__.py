"""The one thread that owns the engines and the batch scheduler."""
