"""The light runtime: models with graphs, painted by ONNX Runtime and no torch."""
