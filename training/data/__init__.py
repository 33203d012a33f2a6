"""Training data: captioned scenes composed from openly licensed emoji art."""
