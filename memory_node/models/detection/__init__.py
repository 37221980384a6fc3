"""Object detectors from ONNX files: one module for each form that exports have."""
